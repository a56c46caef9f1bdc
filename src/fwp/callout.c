/* Registration of callouts and their notifications. callouts.h has the invariants. */
#include "fwp/callouts.h"

#include <stdlib.h>
#include <string.h>

#include "fwp/event.h"
#include "fwp/flow.h"
#include "fwp/guid.h"
#include "fwp/injection.h"
#include "fwp/notice.h"
#include "fwp/rule.h"
#include "fwp/runtime.h"
#include "nt/event.h"
#include "nt/ke_wait.h"

struct fwp_callout_table fwp_callouts;
const void *fwp_last_classify;

/* --- slots -------------------------------------------------------------------------------------------------------------- */

struct fwp_callout *fwp_callout_by_key(const GUID *key)
{
    for (uint32_t id = 1; id < fwp_callouts.count; id++)
        if (fwp_callouts.slot[id] && fwp_same_guid(&fwp_callouts.slot[id]->key, key))
            return fwp_callouts.slot[id];
    return NULL;
}

static bool has_space(void)
{
    uint32_t space = fwp_callouts.space ? 2 * fwp_callouts.space : 16;
    struct fwp_callout **slot;

    if (!fwp_callouts.count)
        fwp_callouts.count = 1;
    if (fwp_callouts.count < fwp_callouts.space)
        return true;
    slot = realloc(fwp_callouts.slot, space * sizeof(struct fwp_callout *));
    if (!slot)
        return false;
    slot[0] = NULL;
    fwp_callouts.slot = slot;
    fwp_callouts.space = space;
    return true;
}

static struct fwp_callout *make_slot(const GUID *key)
{
    struct fwp_callout *callout;

    if (fwp_callouts.count > FWP_MOST_CALLOUTS || !has_space())
        return NULL;
    callout = calloc(1, sizeof *callout);
    if (!callout)
        return NULL;
    callout->key = *key;
    callout->id = fwp_callouts.count;
    KeInitializeEvent(&callout->idle, NotificationEvent, FALSE);
    fwp_callouts.slot[fwp_callouts.count++] = callout;
    return callout;
}

static void free_unused(struct fwp_callout *callout)
{
    if (callout->registered || callout->leaving || callout->references || callout->running)
        return;
    fwp_callouts.slot[callout->id] = NULL;
    free(callout);
}

struct fwp_callout *fwp_callout_reference(const GUID *key)
{
    struct fwp_callout *callout = fwp_callout_by_key(key);

    if (!callout)
        callout = make_slot(key);
    if (callout)
        callout->references++;
    return callout;
}

void fwp_callout_dereference(struct fwp_callout *callout)
{
    callout->references--;
    free_unused(callout);
}

void fwp_callout_idle(struct fwp_callout *callout)
{
    if (callout->leaving)
        KeSetEvent(&callout->idle, IO_NO_INCREMENT, FALSE);
    else
        free_unused(callout);
}

void fwp_callouts_close(void)
{
    for (uint32_t id = 1; id < fwp_callouts.count; id++)
        free(fwp_callouts.slot[id]);
    free(fwp_callouts.slot);
    memset(&fwp_callouts, 0, sizeof fwp_callouts);
}

bool fwp_callouts_registered(void)
{
    return fwp_callouts.registered != 0;
}

/* --- registration --------------------------------------------------------------------------------------------------------- */

static NTSTATUS take_functions(void *device, const FWPS_CALLOUT2 *functions, UINT32 *id, unsigned version, uint64_t caller)
{
    struct fwp_callout *callout;

    if (!device || !functions || !functions->classifyFn || !functions->notifyFn)
        return STATUS_INVALID_PARAMETER;
    callout = fwp_callout_by_key(&functions->calloutKey);
    if (callout && (callout->registered || callout->leaving))
        return STATUS_FWP_ALREADY_EXISTS;
    if (!callout && !(callout = make_slot(&functions->calloutKey)))
        return fwp_callouts.count > FWP_MOST_CALLOUTS ? STATUS_FWP_TOO_MANY_CALLOUTS : STATUS_INSUFFICIENT_RESOURCES;
    callout->functions = *functions;
    callout->version = version;
    callout->registrar = caller;
    callout->registered = true;
    fwp_callouts.registered++;
    if (id)
        *id = callout->id;
    return STATUS_SUCCESS;
}

/* Large packets stop before the driver can be called. */
static NTSTATUS register_callout(void *device, const FWPS_CALLOUT2 *functions, UINT32 *id, unsigned version, uint64_t caller)
{
    NTSTATUS status;

    if (functions)
        fwp_offloads_update(functions);
    status = take_functions(device, functions, id, version, caller);
    if (status != STATUS_SUCCESS)
        fwp_offloads_update(NULL);
    return status;
}

struct fwp_callout *fwp_callout_builtin(const FWPS_CALLOUT2 *functions)
{
    struct fwp_callout *callout = make_slot(&functions->calloutKey);

    if (!callout)
        return NULL;
    callout->functions = *functions;
    callout->version = 2;
    callout->registered = callout->builtin = true;
    return callout;
}

/* Registers the driver's functions under callout->calloutKey. deviceObject: one of the driver's. calloutId (may be NULL) gets the
 * run-time identifier, which is also that of a callout object with this key. Filters that are already there are not
 * announced. PASSIVE_LEVEL. STATUS_FWP_ALREADY_EXISTS when the key is registered; STATUS_INVALID_PARAMETER without device,
 * classifyFn or notifyFn; STATUS_FWP_TOO_MANY_CALLOUTS; STATUS_INSUFFICIENT_RESOURCES. docs: fwpsk/nf-fwpsk-fwpscalloutregister0 */
NTSTATUS NTAPI FwpsCalloutRegister0(VOID *deviceObject, const FWPS_CALLOUT0 *callout, UINT32 *calloutId)
{
    return register_callout(deviceObject, (const FWPS_CALLOUT2 *)callout, calloutId, 0, PE_CALLER().rip);
}

/* The same with a classifyFn1. docs: fwpsk/nf-fwpsk-fwpscalloutregister1 */
NTSTATUS NTAPI FwpsCalloutRegister1(VOID *deviceObject, const FWPS_CALLOUT1 *callout, UINT32 *calloutId)
{
    return register_callout(deviceObject, (const FWPS_CALLOUT2 *)callout, calloutId, 1, PE_CALLER().rip);
}

/* The same with a classifyFn2. docs: fwpsk/nf-fwpsk-fwpscalloutregister2 */
NTSTATUS NTAPI FwpsCalloutRegister2(VOID *deviceObject, const FWPS_CALLOUT2 *callout, UINT32 *calloutId)
{
    return register_callout(deviceObject, callout, calloutId, 2, PE_CALLER().rip);
}

/* The same with a classifyFn3. docs: fwpsk/nf-fwpsk-fwpscalloutregister2 (there is no page of its own) */
NTSTATUS NTAPI FwpsCalloutRegister3(VOID *deviceObject, const FWPS_CALLOUT3 *callout, UINT32 *calloutId)
{
    return register_callout(deviceObject, (const FWPS_CALLOUT2 *)callout, calloutId, 3, PE_CALLER().rip);
}

static void forget_functions(struct fwp_callout *callout)
{
    memset(&callout->functions, 0, sizeof callout->functions);
    callout->registered = false;
    fwp_callouts.registered--;
    if (fwp_network())
        fwp_network()->stream_look_again(0);
}

/* Deletions that notifyFn has not been told of are told now. Those that a classification still holds back get some time. */
static void settle(struct fwp_callout *callout)
{
    LARGE_INTEGER while_waiting = { .QuadPart = -10000 };

    fwp_notices_drain();
    for (unsigned i = 0; i < 100 && fwp_runtime.dead && callout->running; i++) {
        ke_wait_timeout(&callout->idle, &while_waiting);
        fwp_notices_drain();
    }
}

static NTSTATUS unregister(struct fwp_callout *callout)
{
    if (!callout || (!callout->registered && !callout->leaving))
        return STATUS_FWP_CALLOUT_NOT_FOUND;
    if (callout->builtin)
        return STATUS_FWP_BUILTIN_OBJECT;
    if (callout->leaving)
        return STATUS_FWP_IN_USE;
    if (callout->contexts)
        return STATUS_DEVICE_BUSY;
    callout->leaving = true;
    settle(callout);
    forget_functions(callout);
    while (callout->running) {
        KeClearEvent(&callout->idle);
        ke_wait(&callout->idle);
    }
    callout->leaving = false;
    free_unused(callout);
    fwp_offloads_update(NULL);
    return STATUS_SUCCESS;
}

/* Takes the driver's functions away; returns when none of them runs any more. Filters that name the callout stay and are treated
 * as for a callout that is not registered. PASSIVE_LEVEL, not from one of the functions. STATUS_DEVICE_BUSY while flows have
 * contexts of it; STATUS_FWP_CALLOUT_NOT_FOUND; STATUS_FWP_IN_USE when another thread is unregistering it.
 * docs: fwpsk/nf-fwpsk-fwpscalloutunregisterbyid0 */
NTSTATUS NTAPI FwpsCalloutUnregisterById0(const UINT32 calloutId)
{
    return unregister(fwp_callout_of(calloutId));
}

/* The same by key. docs: fwpsk/nf-fwpsk-fwpscalloutunregisterbykey0 */
NTSTATUS NTAPI FwpsCalloutUnregisterByKey0(const GUID *calloutKey)
{
    return calloutKey ? unregister(fwp_callout_by_key(calloutKey)) : STATUS_INVALID_PARAMETER;
}

/* --- notification --------------------------------------------------------------------------------------------------------- */

NTSTATUS fwp_callout_notify(uint32_t id, FWPS_CALLOUT_NOTIFY_TYPE type, const GUID *key, struct fwp_rule *rule)
{
    struct fwp_callout *callout = fwp_callout_of(id);
    NTSTATUS status;
    KIRQL irql;

    if (!callout || !callout->registered)
        return STATUS_SUCCESS;
    FWPS_CALLOUT_NOTIFY_FN2 notify = callout->functions.notifyFn;
    fwp_callout_enter(callout);
    irql = ke_irql();
    status = notify(type, key, &rule->rest->seen);
    if (unlikely(ke_irql() != irql))
        NT_EMIT(NT_EVENT_CALLBACK_IRQL, "notifyFn", notify, (uint64_t)irql << 8 | ke_irql(), fwp_callback(notify));
    fwp_callout_leave(callout);
    return status;
}

void fwp_callouts_driver_gone(uint64_t base, uint64_t size)
{
    bool gone = false;

    for (uint32_t id = 1; id < fwp_callouts.count; id++) {
        struct fwp_callout *callout = fwp_callouts.slot[id];
        if (!callout || !callout->registered || (uint64_t)(uintptr_t)callout->functions.classifyFn - base >= size)
            continue;
        fwp_flows_forget_callout(id);
        forget_functions(callout);
        gone = true;
        free_unused(callout);
    }
    if (gone)
        fwp_offloads_update(NULL);
}
