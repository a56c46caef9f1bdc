/* Who redirected a connection, and from where; redirect handles. docs: using-bind-or-connect-redirection */
#include <ntddk.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "fwp/redirect.h"
#include "pe/pe.h"

struct redirect_handle {
    struct list node;
    uint64_t id, caller;
    GUID provider;
};

struct fwp_records {
    struct list node;
    unsigned references;
    uint64_t id, handle;
    SOCKADDR_STORAGE original;
    DWORD pid;
    void *context;                      /* pool */
    size_t context_size;
    struct fwp_records *earlier;
};

/* What sockets exchange. */
struct record_bytes {
    uint64_t mark, id;
};

#define MARK 0x73647263657264ull

static struct list handles = LIST_INIT(handles), all = LIST_INIT(all);
static uint64_t last_id;

static struct redirect_handle *find_handle(HANDLE handle)
{
    list_each(node, &handles)
        if (container_of(node, struct redirect_handle, node) == (struct redirect_handle *)handle)
            return handle;
    return NULL;
}

static struct fwp_records *find(const void *records)
{
    list_each(node, &all)
        if (container_of(node, struct fwp_records, node) == records)
            return container_of(node, struct fwp_records, node);
    return NULL;
}

struct fwp_records *fwp_records_make(const FWPS_CONNECT_REQUEST0 *request, const SOCKADDR_STORAGE *original, struct fwp_records *earlier)
{
    struct redirect_handle *handle = find_handle(request->localRedirectHandle);
    struct fwp_records *r = handle ? calloc(1, sizeof *r) : NULL;

    if (!r)
        return NULL;
    *r = (struct fwp_records){
        .references = 1, .id = ++last_id, .handle = handle->id, .original = earlier ? earlier->original : *original,
        .pid = request->localRedirectTargetPID, .context = request->localRedirectContext,
        .context_size = request->localRedirectContext ? request->localRedirectContextSize : 0,
        .earlier = fwp_records_reference(earlier),
    };
    list_push_back(&all, &r->node);
    return r;
}

struct fwp_records *fwp_records_reference(struct fwp_records *r)
{
    if (r)
        r->references++;
    return r;
}

void fwp_records_release(struct fwp_records *r)
{
    while (r && --r->references == 0) {
        struct fwp_records *earlier = r->earlier;
        if (r->context)
            ExFreePoolWithTag(r->context, 0);
        list_remove(&r->node);
        free(r);
        r = earlier;
    }
}

const SOCKADDR_STORAGE *fwp_records_destination(const struct fwp_records *r)
{
    return &r->original;
}

DWORD fwp_records_pid(const struct fwp_records *r)
{
    return r->pid;
}

static NTSTATUS put(void *to, size_t size, size_t *needed, const void *from, size_t length)
{
    *needed = length;
    if (size < length || (!to && length))
        return STATUS_BUFFER_TOO_SMALL;
    if (length)
        memcpy(to, from, length);
    return STATUS_SUCCESS;
}

NTSTATUS fwp_records_write(const struct fwp_records *r, void *to, size_t size, size_t *needed)
{
    struct record_bytes bytes = { MARK, r->id };

    return put(to, size, needed, &bytes, sizeof bytes);
}

struct fwp_records *fwp_records_read(const void *from, size_t size)
{
    struct record_bytes bytes;

    if (size < sizeof bytes)
        return NULL;
    memcpy(&bytes, from, sizeof bytes);
    list_each(node, &all) {
        struct fwp_records *r = container_of(node, struct fwp_records, node);
        if (bytes.mark == MARK && r->id == bytes.id)
            return fwp_records_reference(r);
    }
    return NULL;
}

NTSTATUS fwp_records_context(const struct fwp_records *r, void *to, size_t size, size_t *needed)
{
    return put(to, size, needed, r->context, r->context_size);
}

void fwp_redirect_handles_each(void (*visit)(void *context, uint64_t caller), void *context)
{
    list_each(node, &handles)
        visit(context, container_of(node, struct redirect_handle, node)->caller);
}

void fwp_redirect_driver_gone(uint64_t base, uint64_t size)
{
    list_each_safe(node, &handles) {
        struct redirect_handle *h = container_of(node, struct redirect_handle, node);
        if (h->caller - base < size)
            FwpsRedirectHandleDestroy0(h);
    }
}

void fwp_redirect_open(void)
{
    list_init(&handles);
    list_init(&all);
}

/* --- drivers ------------------------------------------------------------------------------------------------------------------------ */

/* A handle that names who redirects; to be destroyed. providerGuid may be NULL. STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY.
 * IRQL PASSIVE_LEVEL. docs: fwpsk/nf-fwpsk-fwpsredirecthandlecreate0 */
NTSTATUS NTAPI FwpsRedirectHandleCreate0(const GUID *providerGuid, UINT32 flags, HANDLE *redirectHandle)
{
    struct redirect_handle *h;

    if (flags || !redirectHandle)
        return STATUS_INVALID_PARAMETER;
    h = calloc(1, sizeof *h);
    if (!h)
        return STATUS_NO_MEMORY;
    h->id = ++last_id;
    h->caller = PE_CALLER().rip;
    if (providerGuid)
        h->provider = *providerGuid;
    list_push_back(&handles, &h->node);
    *redirectHandle = h;
    return STATUS_SUCCESS;
}

/* Connections that were redirected with it stay so. IRQL PASSIVE_LEVEL. docs: fwpsk/nf-fwpsk-fwpsredirecthandledestroy0 */
VOID NTAPI FwpsRedirectHandleDestroy0(HANDLE redirectHandle)
{
    struct redirect_handle *h = find_handle(redirectHandle);

    if (!h)
        return;
    list_remove(&h->node);
    free(h);
}

/* Whether this redirect handle has redirected the connection. redirectRecords: from the metadata, or NULL. redirectContext (may be
 * NULL): the context given then. IRQL <= DISPATCH_LEVEL. docs: fwpsk/nf-fwpsk-fwpsqueryconnectionredirectstate0 */
FWPS_CONNECTION_REDIRECT_STATE NTAPI FwpsQueryConnectionRedirectState0(HANDLE redirectRecords, HANDLE redirectHandle,
                                                                       VOID **redirectContext)
{
    const struct fwp_records *newest = find(redirectRecords);
    const struct redirect_handle *h = find_handle(redirectHandle);

    for (const struct fwp_records *r = newest; r; r = r->earlier) {
        if (!h || r->handle != h->id)
            continue;
        if (redirectContext)
            *redirectContext = r->context;
        return r == newest ? FWPS_CONNECTION_REDIRECTED_BY_SELF : FWPS_CONNECTION_PREVIOUSLY_REDIRECTED_BY_SELF;
    }
    return newest ? FWPS_CONNECTION_REDIRECTED_BY_OTHER : FWPS_CONNECTION_NOT_REDIRECTED;
}

/* The bytes that SIO_SET_WFP_CONNECTION_REDIRECT_RECORDS takes. STATUS_BUFFER_TOO_SMALL: *bytesTransferred says how many;
 * STATUS_NOT_FOUND: no records. IRQL <= DISPATCH_LEVEL. docs: fwpsk/nf-fwpsk-fwpsqueryconnectionsioformatredirectrecords0 */
NTSTATUS NTAPI FwpsQueryConnectionSioFormatRedirectRecords0(HANDLE redirectRecords, VOID *outputBuffer, SIZE_T outputBufferLength,
                                                            SIZE_T *bytesTransferred)
{
    const struct fwp_records *r = find(redirectRecords);
    size_t needed;

    if (!r)
        return STATUS_NOT_FOUND;
    NTSTATUS status = fwp_records_write(r, outputBuffer, outputBufferLength, &needed);
    if (bytesTransferred)
        *bytesTransferred = needed;
    return status;
}
