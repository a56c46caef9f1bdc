/* NMI and processor callbacks. */
#include "nt/ke_callbacks.h"

#include <stdlib.h>

#include "nt/ke.h"

struct registration {
    struct list node;
    void *routine, *context;
};
static struct list nmi = LIST_INIT(nmi), processor = LIST_INIT(processor);

static void *add(struct list *to, void *routine, void *context)
{
    struct registration *r = malloc(sizeof *r);

    if (!r)
        return NULL;
    r->routine = routine;
    r->context = context;
    list_push_front(to, &r->node);
    return r;
}

static bool take_out(struct list *from, void *handle)
{
    list_each(node, from) {
        struct registration *r = container_of(node, struct registration, node);
        if (r != handle)
            continue;
        list_remove(node);
        free(r);
        return true;
    }
    return false;
}

/* Routine runs at HIGH_LEVEL when a nonmaskable interrupt comes. A handle, NULL without memory. <= APC_LEVEL.
 * docs: wdm/nf-wdm-keregisternmicallback */
PVOID NTAPI KeRegisterNmiCallback(PNMI_CALLBACK CallbackRoutine, PVOID Context)
{
    return add(&nmi, (void *)CallbackRoutine, Context);
}

/* STATUS_INVALID_HANDLE for a wrong one. docs: wdm/nf-wdm-kederegisternmicallback */
NTSTATUS NTAPI KeDeregisterNmiCallback(PVOID Handle)
{
    return take_out(&nmi, Handle) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

bool ke_run_nmi_callbacks(void)
{
    BOOLEAN handled = FALSE;
    KIRQL old = ke_raise(HIGH_LEVEL);

    list_each(node, &nmi) {
        struct registration *r = container_of(node, struct registration, node);
        handled = ((PNMI_CALLBACK)r->routine)(r->context, handled) || handled;
    }
    ke_lower(old);
    return handled;
}

static NTSTATUS tell(PPROCESSOR_CALLBACK_FUNCTION function, PVOID context, KE_PROCESSOR_CHANGE_NOTIFY_STATE state,
                     unsigned cpu)
{
    NTSTATUS status = STATUS_SUCCESS;
    KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT change = { .State = state, .NtNumber = cpu,
                                                  .ProcNumber = { .Number = (UCHAR)cpu } };

    function(context, &change, &status);
    return status;
}

/* With KE_PROCESSOR_CHANGE_ADD_EXISTING the function is called for every processor there is; none is added later. NULL
 * when it refuses one. PASSIVE_LEVEL. docs: wdm/nf-wdm-keregisterprocessorchangecallback */
PVOID NTAPI KeRegisterProcessorChangeCallback(PPROCESSOR_CALLBACK_FUNCTION CallbackFunction, PVOID CallbackContext,
                                              ULONG Flags)
{
    bool existing = Flags & KE_PROCESSOR_CHANGE_ADD_EXISTING;

    for (unsigned i = 0; existing && i < ke.cpu_count; i++) {
        if (NT_SUCCESS(tell(CallbackFunction, CallbackContext, KeProcessorAddStartNotify, i)))
            continue;
        while (i--)
            tell(CallbackFunction, CallbackContext, KeProcessorAddFailureNotify, i);
        return NULL;
    }
    for (unsigned i = 0; existing && i < ke.cpu_count; i++)
        tell(CallbackFunction, CallbackContext, KeProcessorAddCompleteNotify, i);
    return add(&processor, (void *)CallbackFunction, CallbackContext);
}

/* docs: wdm/nf-wdm-kederegisterprocessorchangecallback */
VOID NTAPI KeDeregisterProcessorChangeCallback(PVOID CallbackHandle)
{
    take_out(&processor, CallbackHandle);
}

void ke_callbacks_close(void)
{
    struct list *node;

    while ((node = list_pop_front(&nmi)) || (node = list_pop_front(&processor)))
        free(container_of(node, struct registration, node));
}
