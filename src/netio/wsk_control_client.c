/* WskControlClient. docs: wsk/nc-wsk-pfn_wsk_control_client, network/performing-control-operations-on-a-client-object */
#include <stdlib.h>
#include <string.h>

#include "netio/wsk_control.h"
#include "netio/wsk_internal.h"
#include "nt/ke.h"
#include "nt/pool.h"
#include "nt/ram.h"

#define TAG WSK_TAG('W', 's', 'k', 'd')

struct call {
    struct wsk_client *client;
    SIZE_T input_size, output_size, written;
    PVOID input, output;
    PIRP irp;
    const void *caller;
};

/* --- security descriptors ------------------------------------------------------------------------------------------ */

struct wsk_descriptor *wsk_descriptor_find(struct wsk_client *client, PSECURITY_DESCRIPTOR descriptor)
{
    list_each(node, &client->descriptors) {
        struct wsk_descriptor *cached = container_of(node, struct wsk_descriptor, node);

        if (cached->descriptor == descriptor)
            return cached;
    }
    return NULL;
}

static void free_descriptor(struct wsk_descriptor *cached)
{
    list_remove(&cached->node);
    pool_free(cached->descriptor, TAG, NULL);
    free(cached);
}

void wsk_descriptors_free(struct wsk_client *client)
{
    while (!list_empty(&client->descriptors))
        free_descriptor(list_first(&client->descriptors, struct wsk_descriptor, node));
}

static NTSTATUS cache_descriptor(struct call *c)
{
    struct wsk_descriptor *cached;
    PSECURITY_DESCRIPTOR given;
    ULONG size;

    if (c->input_size < sizeof given || c->output_size < sizeof given)
        return STATUS_INVALID_PARAMETER;
    memcpy(&given, c->input, sizeof given);
    if (given == NULL || !RtlValidSecurityDescriptor(given))
        return STATUS_INVALID_SECURITY_DESCR;
    size = RtlLengthSecurityDescriptor(given);
    cached = calloc(1, sizeof *cached);
    if (cached == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    cached->descriptor = pool_alloc(NonPagedPoolNx, size, TAG, c->caller);
    if (cached->descriptor == NULL) {
        free(cached);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (((const SECURITY_DESCRIPTOR *)given)->Control & SE_SELF_RELATIVE)
        memcpy(cached->descriptor, given, size);
    else
        RtlAbsoluteToSelfRelativeSD(given, cached->descriptor, &size);
    cached->references = 1;
    list_push_back(&c->client->descriptors, &cached->node);
    memcpy(c->output, &cached->descriptor, sizeof cached->descriptor);
    c->written = sizeof cached->descriptor;
    return STATUS_SUCCESS;
}

static NTSTATUS release_descriptor(struct call *c)
{
    struct wsk_descriptor *cached;
    PSECURITY_DESCRIPTOR given;

    if (c->input_size < sizeof given)
        return STATUS_INVALID_PARAMETER;
    memcpy(&given, c->input, sizeof given);
    cached = wsk_descriptor_find(c->client, given);
    if (cached == NULL)
        return STATUS_INVALID_PARAMETER;
    if (--cached->references == 0)
        free_descriptor(cached);
    return STATUS_SUCCESS;
}

/* --- the rest ---------------------------------------------------------------------------------------------------------- */

static NTSTATUS query_transports(struct call *c)
{
    return wsk_transport_list(c->output, c->output_size, &c->written);
}

static NTSTATUS wait_for_transports(struct call *c)
{
    struct wsk_request *request = wsk_request_new(WSK_DO_TRANSPORT_CHANGE, NULL, c->irp);

    if (request == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    request->client = c->client;
    if (c->client->detaching) {
        wsk_request_drop(request);
        return STATUS_CANCELLED;
    }
    return wsk_request_pend(request, &c->client->changes);
}

static NTSTATUS static_events(struct call *c)
{
    const WSK_EVENT_CALLBACK_CONTROL *input = c->input;
    const ULONG valid = WSK_STREAM_EVENTS | WSK_EVENT_ACCEPT | WSK_EVENT_RECEIVE_FROM;

    if (c->input_size < sizeof *input || input->NpiId == NULL)
        return STATUS_INVALID_PARAMETER;
    if (memcmp(input->NpiId, &NPI_WSK_INTERFACE_ID, sizeof(NPIID)) != 0)
        return STATUS_NOT_SUPPORTED;
    if (input->EventMask == 0 || (input->EventMask & ~valid) != 0)
        return STATUS_INVALID_PARAMETER;
    if (c->client->had_socket)
        return STATUS_INVALID_DEVICE_STATE;
    c->client->static_events |= input->EventMask;
    return STATUS_SUCCESS;
}

/* There are no TDI transports: mappings are taken and never looked up. */
static NTSTATUS map_tdi(struct call *c)
{
    const WSK_TDI_MAP_INFO *input = c->input;

    if (c->input_size < sizeof *input || (input->ElementCount != 0 && input->Map == NULL))
        return STATUS_INVALID_PARAMETER;
    if (c->client->had_socket)
        return STATUS_INVALID_DEVICE_STATE;
    c->client->maps = input->ElementCount;
    return STATUS_SUCCESS;
}

static NTSTATUS tdi_behavior(struct call *c)
{
    if (c->input_size < sizeof(ULONG) || (*(const ULONG *)c->input & ~(ULONG)WSK_TDI_BEHAVIOR_BYPASS_TDI) != 0)
        return STATUS_INVALID_PARAMETER;
    return c->client->had_socket ? STATUS_INVALID_DEVICE_STATE : STATUS_SUCCESS;
}

static const struct {
    ULONG code;
    bool needs_irp;                     /* otherwise it must be NULL */
    NTSTATUS (*run)(struct call *call);
} operations[] = {
    { WSK_TRANSPORT_LIST_QUERY, false, query_transports },
    { WSK_TRANSPORT_LIST_CHANGE, true, wait_for_transports },
    { WSK_CACHE_SD, false, cache_descriptor },
    { WSK_RELEASE_SD, false, release_descriptor },
    { WSK_TDI_DEVICENAME_MAPPING, false, map_tdi },
    { WSK_SET_STATIC_EVENT_CALLBACKS, false, static_events },
    { WSK_TDI_BEHAVIOR, false, tdi_behavior },
};

static NTSTATUS operate(ULONG code, struct call *call)
{
    for (unsigned i = 0; i < countof(operations); i++)
        if (operations[i].code == code)
            return operations[i].needs_irp == (call->irp != NULL) ? operations[i].run(call) : STATUS_INVALID_PARAMETER;
    return STATUS_NOT_SUPPORTED;
}

/* A control operation on the client object. The IRP is needed for WSK_TRANSPORT_LIST_CHANGE and must be NULL for all others.
 * IRQL <= DISPATCH_LEVEL. STATUS_NOT_SUPPORTED: no such operation; STATUS_INVALID_PARAMETER; STATUS_BUFFER_OVERFLOW with the
 * size that is needed in *OutputSizeReturned; STATUS_INVALID_DEVICE_STATE: too late, a socket was made already.
 * docs: wsk/nc-wsk-pfn_wsk_control_client */
NTSTATUS NTAPI wsk_do_control_client(PWSK_CLIENT handle, ULONG code, SIZE_T input_size, PVOID input, SIZE_T output_size,
                                     PVOID output, SIZE_T *returned, PIRP irp)
{
    PIRP given = irp;
    struct wsk_client *client = wsk_begin_client(handle, &irp, "WskControlClient", __builtin_frame_address(0));
    struct call call = {
        .client = client, .input_size = input_size, .output_size = output_size, .input = input, .output = output, .irp = irp,
        .caller = __builtin_return_address(0),
    };
    NTSTATUS status;

    if (client == NULL || (given != NULL && irp == NULL) || (input == NULL && input_size != 0) ||
        (output == NULL && output_size != 0))
        return wsk_end(irp, STATUS_INVALID_PARAMETER, 0);
    status = operate(code, &call);
    if (returned != NULL && (NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW))
        *returned = call.written;
    return wsk_end(irp, status, call.written);
}
