/* Does the answer of a dispatch routine agree with what became of its IRP? And is an IRP that is sent fit to be sent?
 * The rules are Driver Verifier's. docs: debugger/bug-check-0xc9--driver-verifier-iomanager-violation
 *
 * A record stands for a dispatch routine that runs now. It is not on the stack, as an exception may pass over the frames
 * of the I/O manager: records of frames that are gone are dropped when their thread comes by again. */
#include <stdlib.h>

#include "nt/io_internal.h"

struct running_dispatch {
    struct running_dispatch *next;
    const struct thread *thread;
    uintptr_t frame;
    PIRP irp;
    CHAR location;
    bool completed, marked;             /* completed at this location; marked pending then */
    NTSTATUS status;                    /* what it was completed with */
};

static struct running_dispatch *running, *unused;

void io_note_completion(PIRP irp, bool marked)
{
    for (struct running_dispatch *r = running; r != NULL; r = r->next)
        if (r->irp == irp && r->location == irp->CurrentLocation && !r->completed) {
            r->completed = true;
            r->marked = marked;
            r->status = irp->IoStatus.Status;
        }
}

static void recycle(struct running_dispatch **link)
{
    struct running_dispatch *r = *link;

    *link = r->next;
    r->next = unused;
    unused = r;
}

static void drop_stale(const struct thread *thread, uintptr_t frame)
{
    struct running_dispatch **link = &running;

    while (*link != NULL)
        if ((*link)->thread == thread && (*link)->frame <= frame)
            recycle(link);
        else
            link = &(*link)->next;
}

static struct running_dispatch *begin(PIRP irp, uintptr_t frame)
{
    struct running_dispatch *r;

    drop_stale(ke_current(), frame);
    r = unused != NULL ? unused : calloc(1, sizeof(*r));
    if (r == NULL)
        return NULL;
    if (r == unused)
        unused = r->next;
    *r = (struct running_dispatch){ running, ke_current(), frame, irp, irp->CurrentLocation, false, false, 0 };
    running = r;
    return r;
}

static void end(struct running_dispatch *gone)
{
    struct running_dispatch **link = &running;

    while (*link != gone)
        link = &(*link)->next;
    recycle(link);
}

/* NULL: nothing wrong. An IRP that is not completed is still alive. docs: wdm/nf-wdm-iomarkirppending */
static const char *wrong_answer(const struct running_dispatch *r, NTSTATUS status)
{
    bool holds = !r->completed && r->irp->CurrentLocation == r->location;

    if ((ULONG)status == 0xffffffff)
        return "a dispatch routine returned the status 0xFFFFFFFF";
    if (r->completed && !r->marked && status != STATUS_PENDING && status != r->status)
        return "a dispatch routine returned another status than the one that its IRP was completed with";
    if (r->completed && status == STATUS_PENDING && !r->marked)
        return "a dispatch routine returned STATUS_PENDING for an IRP that was completed without being marked pending";
    if (r->completed && status != STATUS_PENDING && r->marked)
        return "a dispatch routine marked an IRP pending and did not return STATUS_PENDING";
    if (holds && status == STATUS_PENDING &&
        !(r->irp->Tail.Overlay.CurrentStackLocation->Control & SL_PENDING_RETURNED))
        return "a dispatch routine returned STATUS_PENDING and keeps an IRP that it has not marked pending";
    if (holds && status != STATUS_PENDING)
        return "a dispatch routine returned a final status and has neither completed nor passed on its IRP";
    return NULL;
}

/* The location that the IRP is sent to is the current one already. A request is new at the top of a stack; its number of
 * locations does not tell, as drivers skip theirs. NULL: nothing wrong. */
static const char *wrong_send(PDEVICE_OBJECT device, const IRP *irp)
{
    UCHAR major = irp->Tail.Overlay.CurrentStackLocation->MajorFunction;
    NTSTATUS status = irp->IoStatus.Status;
    bool new = device->AttachedDevice == NULL && irp->CurrentLocation == irp->StackCount;

    if (irp->CancelRoutine != NULL)
        return "IoCallDriver with an IRP whose cancel routine is still set";
    if (major != IRP_MJ_PNP && major != IRP_MJ_POWER && major != IRP_MJ_SYSTEM_CONTROL)
        return NULL;
    if (new && status != STATUS_NOT_SUPPORTED)
        return "a new IRP_MJ_PNP, IRP_MJ_POWER or IRP_MJ_SYSTEM_CONTROL request must begin with STATUS_NOT_SUPPORTED";
    if (!new && major != IRP_MJ_SYSTEM_CONTROL && !NT_SUCCESS(status) && status != STATUS_NOT_SUPPORTED)
        return "a failed IRP_MJ_PNP or IRP_MJ_POWER request was passed down; it must be completed";
    return NULL;
}

void io_check_send(PDEVICE_OBJECT device, PIRP irp, struct pe_caller caller)
{
    const char *wrong = wrong_send(device, irp);

    if (wrong != NULL)
        NT_EMIT(NT_EVENT_MISUSE, wrong, irp, irp->IoStatus.Status, caller);
}

NTSTATUS io_checked_dispatch(PDRIVER_DISPATCH dispatch, PDEVICE_OBJECT device, PIRP irp)
{
    struct running_dispatch *r = begin(irp, (uintptr_t)__builtin_frame_address(0));
    NTSTATUS status = dispatch(device, irp);
    const char *wrong;

    if (r == NULL)
        return status;
    wrong = wrong_answer(r, status);
    end(r);
    if (unlikely(wrong != NULL))
        NT_EMIT(NT_EVENT_MISUSE, wrong, irp, (ULONG)status,
                ((struct pe_caller){ .rip = (uint64_t)(uintptr_t)dispatch }));
    return status;
}

void io_checks_stop(void)
{
    while (running != NULL)
        recycle(&running);
    while (unused != NULL) {
        struct running_dispatch *r = unused;

        unused = r->next;
        free(r);
    }
}
