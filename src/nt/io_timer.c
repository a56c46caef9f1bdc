/* Device timers: a routine of each device that has one is called once a second while its timer runs. */
#include <stdlib.h>

#include "nt/io_internal.h"

#define SECOND_NS 1000000000ull

struct _IO_TIMER {
    struct list node;                   /* linked while it runs */
    PDEVICE_OBJECT device;
    PIO_TIMER_ROUTINE routine;
    PVOID context;
};

static struct list running = LIST_INIT(running);
static struct list *following = &running;       /* what the walk of tick() comes to next: a routine may stop any timer */
static struct ke_alarm alarm_;

static void tick(struct ke_alarm *alarm)
{
    following = running.next;
    while (following != &running) {
        struct _IO_TIMER *t = container_of(following, struct _IO_TIMER, node);

        following = following->next;
        t->routine(t->device, t->context);
    }
    if (!list_empty(&running))
        ke_alarm_set(alarm, ke_now() + SECOND_NS);
}

/* Gives a device its timer, stopped. Once per device. PASSIVE_LEVEL. docs: wdm/nf-wdm-ioinitializetimer */
NTSTATUS NTAPI IoInitializeTimer(PDEVICE_OBJECT DeviceObject, PIO_TIMER_ROUTINE TimerRoutine, PVOID Context)
{
    struct io_device *host = io_device_of(DeviceObject);

    if (host->timer == NULL) {
        host->timer = pool_alloc(NonPagedPoolNx, sizeof(*host->timer), IO_TAG_EXTENSION, NULL);
        if (host->timer == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        list_init(&host->timer->node);
        host->timer->device = DeviceObject;
        DeviceObject->Timer = host->timer;
    }
    host->timer->routine = TimerRoutine;
    host->timer->context = Context;
    return STATUS_SUCCESS;
}

/* From now on the routine runs every second at DISPATCH_LEVEL. IRQL <= DISPATCH. docs: wdm/nf-wdm-iostarttimer */
VOID NTAPI IoStartTimer(PDEVICE_OBJECT DeviceObject)
{
    struct _IO_TIMER *t = io_device_of(DeviceObject)->timer;

    if (t == NULL || io_device_of(DeviceObject)->delete_pending || !list_empty(&t->node))
        return;
    if (list_empty(&running)) {
        alarm_.fire = tick;
        ke_alarm_set(&alarm_, ke_now() + SECOND_NS);
    }
    list_push_back(&running, &t->node);
}

/* IRQL <= DISPATCH; not from the routine itself. docs: wdm/nf-wdm-iostoptimer */
VOID NTAPI IoStopTimer(PDEVICE_OBJECT DeviceObject)
{
    struct _IO_TIMER *t = io_device_of(DeviceObject)->timer;

    if (t == NULL)
        return;
    if (following == &t->node)
        following = t->node.next;
    list_remove(&t->node);
    if (list_empty(&running))
        ke_alarm_cancel(&alarm_);
}

void io_timer_free(PDEVICE_OBJECT device)
{
    IoStopTimer(device);
    if (io_device_of(device)->timer != NULL)
        pool_free(io_device_of(device)->timer, IO_TAG_EXTENSION, NULL);
    io_device_of(device)->timer = NULL;
}

void io_timer_reset(void)
{
    list_init(&running);
    following = &running;
    alarm_ = (struct ke_alarm){ .fire = tick };
}
