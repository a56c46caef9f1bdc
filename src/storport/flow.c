/* What miniports say about their queues. Each answers FALSE when there is no such unit. docs: storage/storport-queue-management */
#include "storport/adapter.h"

#define SECOND_NS 1000000000ull

static struct unit *unit_of(PVOID extension, UCHAR path, UCHAR target, UCHAR lun, struct pe_caller caller)
{
    return unit_find(adapter_of(extension, caller), path, target, lun);
}

/* Requests that the unit may have outstanding: 1 to 254 and what MaxIOsPerLun allows. FALSE beyond that. Any IRQL.
 * docs: storport/nf-storport-storportsetdevicequeuedepth */
BOOLEAN NTAPI StorPortSetDeviceQueueDepth(PVOID HwDeviceExtension, UCHAR PathId, UCHAR TargetId, UCHAR Lun, ULONG Depth)
{
    struct adapter *a = adapter_of(HwDeviceExtension, PE_CALLER());
    struct unit *u = unit_find(a, PathId, TargetId, Lun);

    /* During INQUIRY the unit is not known yet: then the adapter's initial depth is what its unit gets. */
    if (!u && Depth && Depth <= a->config->MaxIOsPerLun && a->control) {
        a->config->InitialLunQueueDepth = Depth;
        return TRUE;
    }
    if (!u || !Depth || Depth + SP_RESERVED_REQUESTS > u->block.count)
        return FALSE;
    u->depth = Depth;
    adapter_kick(a);
    return TRUE;
}

/* Holds the unit's requests back for TimeOut seconds, or until StorPortResumeDevice. Any IRQL.
 * docs: storport/nf-storport-storportpausedevice */
BOOLEAN NTAPI StorPortPauseDevice(PVOID HwDeviceExtension, UCHAR PathId, UCHAR TargetId, UCHAR Lun, ULONG TimeOut)
{
    struct unit *u = unit_of(HwDeviceExtension, PathId, TargetId, Lun, PE_CALLER());

    if (!u)
        return FALSE;
    u->paused = true;
    ke_alarm_set(&u->pause_alarm, ke_now() + TimeOut * SECOND_NS);
    return TRUE;
}

/* docs: storport/nf-storport-storportresumedevice */
BOOLEAN NTAPI StorPortResumeDevice(PVOID HwDeviceExtension, UCHAR PathId, UCHAR TargetId, UCHAR Lun)
{
    struct unit *u = unit_of(HwDeviceExtension, PathId, TargetId, Lun, PE_CALLER());

    if (!u)
        return FALSE;
    ke_alarm_cancel(&u->pause_alarm);
    u->paused = false;
    adapter_kick(u->adapter);
    return TRUE;
}

/* The same for all units of the adapter. docs: storport/nf-storport-storportpause */
BOOLEAN NTAPI StorPortPause(PVOID HwDeviceExtension, ULONG TimeOut)
{
    struct adapter *a = adapter_of(HwDeviceExtension, PE_CALLER());

    a->paused = true;
    ke_alarm_set(&a->pause_alarm, ke_now() + TimeOut * SECOND_NS);
    return TRUE;
}

/* docs: storport/nf-storport-storportresume */
BOOLEAN NTAPI StorPortResume(PVOID HwDeviceExtension)
{
    struct adapter *a = adapter_of(HwDeviceExtension, PE_CALLER());

    ke_alarm_cancel(&a->pause_alarm);
    a->paused = false;
    adapter_kick(a);
    return TRUE;
}

/* Holds the unit's requests back until so many of its outstanding ones are completed; all of them when there are fewer. Any IRQL.
 * docs: storport/nf-storport-storportdevicebusy */
BOOLEAN NTAPI StorPortDeviceBusy(PVOID HwDeviceExtension, UCHAR PathId, UCHAR TargetId, UCHAR Lun, ULONG RequestsToComplete)
{
    struct unit *u = unit_of(HwDeviceExtension, PathId, TargetId, Lun, PE_CALLER());

    if (!u)
        return FALSE;
    u->busy = (unsigned)min_u64(RequestsToComplete, u->outstanding);
    return TRUE;
}

/* docs: storport/nf-storport-storportdeviceready */
BOOLEAN NTAPI StorPortDeviceReady(PVOID HwDeviceExtension, UCHAR PathId, UCHAR TargetId, UCHAR Lun)
{
    struct unit *u = unit_of(HwDeviceExtension, PathId, TargetId, Lun, PE_CALLER());

    if (!u)
        return FALSE;
    ke_alarm_cancel(&u->busy_alarm);
    u->busy = 0;
    adapter_kick(u->adapter);
    return TRUE;
}

/* The same for all units of the adapter. docs: storport/nf-storport-storportbusy */
BOOLEAN NTAPI StorPortBusy(PVOID HwDeviceExtension, ULONG RequestsToComplete)
{
    struct adapter *a = adapter_of(HwDeviceExtension, PE_CALLER());

    a->busy = (unsigned)min_u64(RequestsToComplete, a->outstanding);
    return TRUE;
}

/* docs: storport/nf-storport-storportready */
BOOLEAN NTAPI StorPortReady(PVOID HwDeviceExtension)
{
    struct adapter *a = adapter_of(HwDeviceExtension, PE_CALLER());

    a->busy = 0;
    adapter_kick(a);
    return TRUE;
}

/* The miniport's memory for the unit, zeroed when the unit was first looked at; NULL when there is no such unit. Any IRQL.
 * docs: storport/nf-storport-storportgetlogicalunit */
PVOID NTAPI StorPortGetLogicalUnit(PVOID HwDeviceExtension, UCHAR PathId, UCHAR TargetId, UCHAR Lun)
{
    struct adapter *a = adapter_of(HwDeviceExtension, PE_CALLER());
    struct unit *u = unit_find(a, PathId, TargetId, Lun);

    if (u)
        return u->extension;
    list_each(it, &a->units) {          /* the one that is being looked at */
        u = container_of(it, struct unit, node);
        if (!u->pdo && u->path == PathId && u->target == TargetId && u->lun == Lun)
            return u->extension;
    }
    return NULL;
}

/* Always NULL, as documented for Storport: it does not search for tagged requests.
 * docs: storage/porting-from-scsiport-to-storport */
PSCSI_REQUEST_BLOCK NTAPI StorPortGetSrb(PVOID DeviceExtension, UCHAR PathId, UCHAR TargetId, UCHAR Lun, LONG QueueTag)
{
    adapter_of(DeviceExtension, PE_CALLER());
    return NULL;
}

/* Completes every outstanding request of an address, 0xFF meaning all, with one status. Any IRQL.
 * docs: storport/nf-storport-storportcompleterequest */
VOID NTAPI StorPortCompleteRequest(PVOID HwDeviceExtension, UCHAR PathId, UCHAR TargetId, UCHAR Lun, UCHAR SrbStatus)
{
    struct adapter *a = adapter_of(HwDeviceExtension, PE_CALLER());

    list_each(it, &a->units) {
        struct unit *u = container_of(it, struct unit, node);

        if ((PathId != 0xff && PathId != u->path) || (TargetId != 0xff && TargetId != u->target) ||
            (Lun != 0xff && Lun != u->lun))
            continue;
        while (!list_empty(&u->active)) {
            struct request *r = list_first(&u->active, struct request, node);
            ((PSCSI_REQUEST_BLOCK)r->srb)->SrbStatus = SrbStatus;
            r->state = REQUEST_DONE;
            list_remove(&r->node);
            u->outstanding--;
            a->outstanding--;
            list_push_back(&a->done, &r->node);
        }
    }
    adapter_kick(a);
}
