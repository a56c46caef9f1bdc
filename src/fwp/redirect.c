#include "fwp/redirect.h"

#include <stdlib.h>

#include "base/util.h"
#include "fwp/classification.h"
#include "nt/ke.h"
#include "nt/pool.h"
#include "pe/pe.h"

/* using-bind-or-connect-redirection dereferences previousVersion at once, and FWPS_BIND_REQUEST0 says it is preinitialized;
 * FWPS_CONNECT_REQUEST0 says it is NULL when no other filter has changed the request. 1: it leads to the client's own. */
#define FIRST_VERSION_HAS_PREVIOUS 1

struct version {
    struct version *previous;
    bool applied;
    union {
        FWPS_CONNECT_REQUEST0 connect;
        FWPS_BIND_REQUEST0 bind;
    };
    uint64_t filter;
    bool watched;                       /* its driver wants to be asked again when others change the data behind it */
};

struct fwp_redirect {
    struct list node;
    unsigned references;
    bool bind, decided, offered;
    struct version *latest, *writable;
    struct fwp_pendable pendable;
    HANDLE pended;
    FWPS_CLASSIFY_OUT0 decision;
};

static struct list all = LIST_INIT(all);

static struct fwp_redirect *find(UINT64 handle)
{
    list_each(node, &all)
        if ((UINT64)(uintptr_t)container_of(node, struct fwp_redirect, node) == handle)
            return container_of(node, struct fwp_redirect, node);
    return NULL;
}

static void free_context(struct version *v)
{
    if (v->connect.localRedirectContext)
        ExFreePoolWithTag(v->connect.localRedirectContext, 0);
    v->connect.localRedirectContext = NULL;
}

static void free_versions(struct version *v, bool bind)
{
    while (v) {
        struct version *previous = v->previous;
        if (!bind && v->applied)
            free_context(v);
        free(v);
        v = previous;
    }
}

static void release(struct fwp_redirect *r)
{
    if (--r->references)
        return;
    list_remove(&r->node);
    free_versions(r->latest, r->bind);
    if (r->writable)
        r->writable->previous = NULL;
    free_versions(r->writable, r->bind);
    free(r);
}

struct fwp_redirect *fwp_redirect_begin(bool bind, const void *request)
{
    struct fwp_redirect *r = calloc(1, sizeof *r);
    struct version *first = calloc(1, sizeof *first);

    if (!r || !first) {
        free(r);
        free(first);
        return NULL;
    }
    if (bind)
        first->bind = *(const FWPS_BIND_REQUEST0 *)request;
    else
        first->connect = *(const FWPS_CONNECT_REQUEST0 *)request;
    r->bind = bind;
    r->latest = first;
    r->references = 1;
    list_push_back(&all, &r->node);
    return r;
}

struct fwp_redirect *fwp_redirect_begin_without_data(void)
{
    struct fwp_redirect *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->references = 1;
    list_push_back(&all, &r->node);
    return r;
}

void fwp_redirect_ask(struct fwp_redirect *r, bool cannot_pend)
{
    r->pended = NULL;
    r->offered = true;
    fwp_pendable_begin(&r->pendable, cannot_pend);
}

struct fwp_pended *fwp_redirect_asked(struct fwp_redirect *r)
{
    r->offered = false;
    fwp_pendable_end(&r->pendable);
    return r->pendable.pended;
}

void fwp_redirect_show(struct fwp_redirect *r, const FWPS_INCOMING_VALUES0 *values)
{
    r->pendable.values = values;
}

const FWPS_CLASSIFY_OUT0 *fwp_redirect_decision(const struct fwp_redirect *r)
{
    return r->decided ? &r->decision : NULL;
}

const void *fwp_redirect_request(const struct fwp_redirect *r)
{
    return &r->latest->connect;
}

bool fwp_redirect_overtaken(const struct fwp_redirect *r)
{
    for (const struct version *later = r->latest; later; later = later->previous)
        for (const struct version *v = later->previous; v; v = v->previous)
            if (v->watched && v->filter != later->filter)
                return true;
    return false;
}

bool fwp_redirect_changed(const struct fwp_redirect *r)
{
    return r->latest->previous != NULL;
}

static struct fwp_records *records_of(struct version *v, const SOCKADDR_STORAGE *original, struct fwp_records *earlier)
{
    if (!v->previous)
        return fwp_records_reference(earlier);
    earlier = records_of(v->previous, original, earlier);
    if (!v->connect.localRedirectHandle)
        return earlier;
    struct fwp_records *made = fwp_records_make(&v->connect, original, earlier);
    fwp_records_release(earlier);
    if (made)
        v->connect.localRedirectContext = NULL;
    return made;
}

struct fwp_records *fwp_redirect_records(struct fwp_redirect *r, struct fwp_records *earlier)
{
    const struct version *first = r->latest;

    while (first->previous)
        first = first->previous;
    return records_of(r->latest, &first->connect.remoteAddressAndPort, earlier);
}

void fwp_redirect_end(struct fwp_redirect *r)
{
    release(r);
}

void fwp_redirect_close(void)
{
    while (!list_empty(&all)) {
        struct fwp_redirect *r = container_of(all.next, struct fwp_redirect, node);
        r->references = 1;
        release(r);
    }
}

/* --- drivers ------------------------------------------------------------------------------------------------------------------------ */

/* A handle for what a classifyFn goes on with later, or for writing; to be released. classifyContext: what classifyFn1 was given, at
 * any layer. STATUS_INVALID_PARAMETER: that is none; STATUS_NO_MEMORY. IRQL <= DISPATCH_LEVEL.
 * docs: fwpsk/nf-fwpsk-fwpsacquireclassifyhandle0 */
NTSTATUS NTAPI FwpsAcquireClassifyHandle0(VOID *classifyContext, UINT32 flags, UINT64 *classifyHandle)
{
    struct fwp_redirect *r = find((UINT64)(uintptr_t)classifyContext);

    if (flags || !classifyHandle || (!r && !fwp_is_classifying(classifyContext)))
        return STATUS_INVALID_PARAMETER;
    if (r)
        r->references++;
    else if (!(r = fwp_redirect_begin_without_data()))      /* never offered: it cannot be pended */
        return STATUS_NO_MEMORY;
    *classifyHandle = (UINT64)(uintptr_t)r;
    return STATUS_SUCCESS;
}

/* IRQL <= DISPATCH_LEVEL. docs: fwpsk/nf-fwpsk-fwpsreleaseclassifyhandle0 */
VOID NTAPI FwpsReleaseClassifyHandle0(UINT64 classifyHandle)
{
    struct fwp_redirect *r = find(classifyHandle);

    if (r)
        release(r);
}

static void hold_action(FWPS_CLASSIFY_OUT0 *out)
{
    out->actionType = FWP_ACTION_BLOCK;
    out->rights &= ~FWPS_RIGHT_ACTION_WRITE;
}

/* Puts the classification off until FwpsCompleteClassify0. STATUS_INVALID_HANDLE; STATUS_FWP_CANNOT_PEND: not at this layer (only at the
 * redirect layers and ALE_ENDPOINT_CLOSURE), classifyFn has returned, it is pended already, or it is asked for the second time;
 * STATUS_NO_MEMORY. IRQL <= DISPATCH_LEVEL.
 * docs: fwpsk/nf-fwpsk-fwpspendclassify0 */
NTSTATUS NTAPI FwpsPendClassify0(UINT64 classifyHandle, UINT64 filterId, UINT32 flags, FWPS_CLASSIFY_OUT0 *classifyOut)
{
    struct fwp_redirect *r = find(classifyHandle);

    if (!r)
        return STATUS_INVALID_HANDLE;
    if (flags || !classifyOut)
        return STATUS_INVALID_PARAMETER;
    if (!r->offered)
        return STATUS_FWP_CANNOT_PEND;
    NTSTATUS status = fwp_pend(&r->pendable, &r->pended, pe_true_caller(__builtin_return_address(0)));
    if (!NT_SUCCESS(status))
        return status;
    r->references++;
    r->decided = false;
    hold_action(classifyOut);
    classifyOut->flags |= FWPS_CLASSIFY_OUT_FLAG_ABSORB;
    return STATUS_SUCCESS;
}

/* What was pended goes on: as classifyOut says, or (NULL) after it was classified again. IRQL <= DISPATCH_LEVEL.
 * docs: fwpsk/nf-fwpsk-fwpscompleteclassify0 */
VOID NTAPI FwpsCompleteClassify0(UINT64 classifyHandle, UINT32 flags, const FWPS_CLASSIFY_OUT0 *classifyOut)
{
    struct fwp_redirect *r = find(classifyHandle);

    if (!r || !r->pended)
        return;
    HANDLE pended = r->pended;
    r->pended = NULL;
    if (classifyOut)
        r->decision = *classifyOut;
    r->decided = classifyOut != NULL;
    FwpsCompleteOperation0(pended, NULL);
    release(r);
}

/* A copy of the latest version to change: FWPS_CONNECT_REQUEST0 or FWPS_BIND_REQUEST0, until FwpsApplyModifiedLayerData0.
 * STATUS_INVALID_HANDLE, STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY; STATUS_FWP_INCOMPATIBLE_LAYER: the layer has nothing that could be
 * changed; STATUS_FWP_IN_USE: another copy is not applied yet.
 * IRQL <= DISPATCH_LEVEL. docs: fwpsk/nf-fwpsk-fwpsacquirewritablelayerdatapointer0 */
NTSTATUS NTAPI FwpsAcquireWritableLayerDataPointer0(UINT64 classifyHandle, UINT64 filterId, UINT32 flags, PVOID *writableLayerData,
                                                    FWPS_CLASSIFY_OUT0 *classifyOut)
{
    struct fwp_redirect *r = find(classifyHandle);

    if (!r)
        return STATUS_INVALID_HANDLE;
    if (flags || !writableLayerData)
        return STATUS_INVALID_PARAMETER;
    if (!r->latest)
        return STATUS_FWP_INCOMPATIBLE_LAYER;
    if (r->writable)
        return STATUS_FWP_IN_USE;
    struct version *v = malloc(sizeof *v), *from = r->latest;
    if (!v)
        return STATUS_NO_MEMORY;
    *v = *from;
    v->previous = from;
    v->applied = v->watched = false;
    v->filter = filterId;
    bool has_previous = from->previous || FIRST_VERSION_HAS_PREVIOUS;
    if (r->bind) {
        v->bind.previousVersion = has_previous ? &from->bind : NULL;
        v->bind.modifierFilterId = 0;
    } else {
        v->connect.previousVersion = has_previous ? &from->connect : NULL;
        v->connect.modifierFilterId = 0;
        v->connect.localRedirectHandle = NULL;
        v->connect.localRedirectContext = NULL;
        v->connect.localRedirectContextSize = 0;
    }
    r->writable = v;
    *writableLayerData = &v->connect;
    if (classifyOut)
        hold_action(classifyOut);
    return STATUS_SUCCESS;
}

/* Makes the copy the latest version. The system owns localRedirectContext then. With FWPS_CLASSIFY_FLAG_REAUTHORIZE_IF_MODIFIED_BY_OTHERS
 * a pended classification is done once more when another filter's callout has changed the data behind this. IRQL <= DISPATCH_LEVEL.
 * docs: fwpsk/nf-fwpsk-fwpsapplymodifiedlayerdata0 */
VOID NTAPI FwpsApplyModifiedLayerData0(UINT64 classifyHandle, PVOID modifiedLayerData, UINT32 flags)
{
    struct fwp_redirect *r = find(classifyHandle);
    struct version *v = r ? r->writable : NULL;

    if (!v || modifiedLayerData != &v->connect)
        return;
    if (r->bind)
        v->bind.modifierFilterId = v->filter;
    else
        v->connect.modifierFilterId = v->filter;
    if (!r->bind && v->connect.localRedirectContext)
        pool_hand_over(v->connect.localRedirectContext);
    v->applied = true;
    v->watched = (flags & FWPS_CLASSIFY_FLAG_REAUTHORIZE_IF_MODIFIED_BY_OTHERS) != 0;
    r->writable = NULL;
    r->latest = v;
}
