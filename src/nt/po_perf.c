/* Performance states of components. There is no platform extension plug-in: a driver that provides the states itself and does not need one
 * (PO_FX_FLAG_PERF_PEP_OPTIONAL) has its changes noted and is told that they are done. */
#include "nt/po_fx.h"

#include <stdlib.h>

#include "base/list.h"
#include "nt/pool.h"
#include "ring3/nt_power.h"

#define PERF_TAG 0x66507846u            /* "FxPf" */

struct set {
    bool discrete;
    ULONGLONG count, minimum, maximum;  /* of states; of a range */
    ULONGLONG current;
};

struct perf {
    struct list node;
    POHANDLE handle;
    ULONG component, count;
    PPO_FX_COMPONENT_PERF_STATE_CALLBACK done;
    struct set set[];
};

static struct list all = LIST_INIT(all);

static struct perf *find(POHANDLE handle, ULONG component)
{
    list_each(it, &all) {
        struct perf *p = container_of(it, struct perf, node);
        if (p->handle == handle && p->component == component)
            return p;
    }
    return NULL;
}

void po_perf_forget(POHANDLE handle)
{
    list_each_safe(it, &all) {
        struct perf *p = container_of(it, struct perf, node);
        if (p->handle == handle) {
            list_remove(it);
            free(p);
        }
    }
}

static void describe(struct set *to, const PO_FX_COMPONENT_PERF_SET *from)
{
    to->discrete = from->Type == PoFxPerfStateTypeDiscrete;
    if (to->discrete)
        to->count = from->Discrete.Count;
    else
        to->minimum = from->Range.Minimum, to->maximum = from->Range.Maximum;
    to->current = to->discrete ? 0 : to->minimum;
}

/* STATUS_NOT_IMPLEMENTED for states or changes that a plug-in would have to provide. <= APC_LEVEL. STATUS_INVALID_PARAMETER.
 * docs: wdm/nf-wdm-pofxregistercomponentperfstates */
NTSTATUS NTAPI PoFxRegisterComponentPerfStates(POHANDLE Handle, ULONG Component, ULONGLONG Flags,
                                               PPO_FX_COMPONENT_PERF_STATE_CALLBACK ComponentPerfStateCallback,
                                               PPO_FX_COMPONENT_PERF_INFO InputStateInfo, PPO_FX_COMPONENT_PERF_INFO *OutputStateInfo)
{
    struct perf *p;

    if (Component >= po_fx_components(Handle) || (InputStateInfo != NULL) == (OutputStateInfo != NULL) || find(Handle, Component) != NULL)
        return STATUS_INVALID_PARAMETER;
    if (!(Flags & PO_FX_FLAG_PERF_PEP_OPTIONAL) || InputStateInfo == NULL)
        return STATUS_NOT_IMPLEMENTED;
    p = calloc(1, sizeof(*p) + InputStateInfo->PerfStateSetsCount * sizeof(p->set[0]));
    if (p == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    p->handle = Handle;
    p->component = Component;
    p->count = InputStateInfo->PerfStateSetsCount;
    p->done = ComponentPerfStateCallback;
    for (ULONG i = 0; i < p->count; i++)
        describe(&p->set[i], &InputStateInfo->PerfStateSets[i]);
    list_push_back(&all, &p->node);
    return STATUS_SUCCESS;
}

static bool possible(const struct perf *p, const PO_FX_PERF_STATE_CHANGE *change)
{
    const struct set *s = change->Set < p->count ? &p->set[change->Set] : NULL;

    if (s == NULL)
        return false;
    return s->discrete ? change->StateIndex < s->count : change->StateValue >= s->minimum && change->StateValue <= s->maximum;
}

struct report {
    WORK_QUEUE_ITEM item;
    PPO_FX_COMPONENT_PERF_STATE_CALLBACK done;
    PVOID context, request;
    ULONG component;
    BOOLEAN succeeded;
};

static VOID NTAPI tell_later(PVOID parameter)
{
    struct report r = *(struct report *)parameter;

    pool_free(parameter, PERF_TAG, NULL);
    r.done(r.context, r.component, r.succeeded, r.request);
}

static void tell(const struct perf *p, bool later, bool succeeded, PVOID request)
{
    struct report r = { .done = p->done, .context = po_fx_context(p->handle), .request = request, .component = p->component,
                        .succeeded = succeeded };
    struct report *kept = later ? pool_alloc(NonPagedPoolNx, sizeof(*kept), PERF_TAG, NULL) : NULL;

    if (p->done == NULL) {
        if (kept != NULL)
            pool_free(kept, PERF_TAG, NULL);
        return;
    }
    if (kept == NULL) {                 /* at once, or no memory for later */
        r.done(r.context, r.component, r.succeeded, r.request);
        return;
    }
    *kept = r;
    ExInitializeWorkItem(&kept->item, tell_later, kept);
    ExQueueWorkItem(&kept->item, DelayedWorkQueue);
}

/* All changes are made, or none; the callback hears which. PO_FX_FLAG_ASYNC_ONLY: from another thread. <= DISPATCH_LEVEL, <= APC_LEVEL with
 * PO_FX_FLAG_BLOCKING. docs: wdm/nf-wdm-pofxissuecomponentperfstatechangemultiple */
VOID NTAPI PoFxIssueComponentPerfStateChangeMultiple(POHANDLE Handle, ULONG Flags, ULONG Component, ULONG PerfChangesCount,
                                                     PO_FX_PERF_STATE_CHANGE *PerfChanges, PVOID Context)
{
    struct perf *p = find(Handle, Component);
    bool good = true;

    if (p == NULL)
        return;
    for (ULONG i = 0; i < PerfChangesCount; i++)
        good &= possible(p, &PerfChanges[i]);
    for (ULONG i = 0; good && i < PerfChangesCount; i++) {
        struct set *s = &p->set[PerfChanges[i].Set];
        s->current = s->discrete ? PerfChanges[i].StateIndex : PerfChanges[i].StateValue;
    }
    tell(p, (Flags & PO_FX_FLAG_ASYNC_ONLY) != 0, good, Context);
}

/* <= DISPATCH_LEVEL. docs: wdm/nf-wdm-pofxissuecomponentperfstatechange */
VOID NTAPI PoFxIssueComponentPerfStateChange(POHANDLE Handle, ULONG Flags, ULONG Component, PO_FX_PERF_STATE_CHANGE *PerfChange,
                                             PVOID Context)
{
    PoFxIssueComponentPerfStateChangeMultiple(Handle, Flags, Component, 1, PerfChange, Context);
}

/* An index or a value, as the set has it; the first state or the minimum before any change. <= DISPATCH_LEVEL. STATUS_INVALID_PARAMETER.
 * docs: wdm/nf-wdm-pofxquerycurrentcomponentperfstate */
NTSTATUS NTAPI PoFxQueryCurrentComponentPerfState(POHANDLE Handle, ULONG Flags, ULONG Component, ULONG SetIndex, PULONGLONG CurrentPerf)
{
    const struct perf *p = find(Handle, Component);

    if (Flags != 0 || p == NULL || SetIndex >= p->count)
        return STATUS_INVALID_PARAMETER;
    *CurrentPerf = p->set[SetIndex].current;
    return STATUS_SUCCESS;
}

/* STATUS_UNSUCCESSFUL: there is no plug-in. PASSIVE_LEVEL. docs: wdm/nf-wdm-pofxregistercrashdumpdevice */
NTSTATUS NTAPI PoFxRegisterCrashdumpDevice(POHANDLE Handle)
{
    return Handle == NULL ? STATUS_INVALID_PARAMETER : STATUS_UNSUCCESSFUL;
}

/* Likewise. Any IRQL. docs: wdm/nf-wdm-pofxpoweroncrashdumpdevice */
NTSTATUS NTAPI PoFxPowerOnCrashdumpDevice(POHANDLE Handle, PVOID Context)
{
    (void)Context;
    return Handle == NULL ? STATUS_INVALID_PARAMETER : STATUS_UNSUCCESSFUL;
}
