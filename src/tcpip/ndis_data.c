/* Frames between lwIP and NDIS. Sending allocates nothing: a frame is copied into a buffer whose MDL, NET_BUFFER and
 * NET_BUFFER_LIST were made at bind time. docs: network/sending-data-from-a-protocol-driver */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "nt/ke.h"
#include "tcpip/ndis_internal.h"

#define ETHERNET_HEADER 14u
#define RECEIVE_PARTS 128                /* coalesced segments lie in as many buffers */

static struct binding *outputs;         /* bindings with frames to send */

/* --- buffers -------------------------------------------------------------------------------------------------- */

bool protocol_allocate_buffer(struct binding *b, NDIS_HANDLE protocol, struct send_buffer *buffer, uint8_t *data, size_t size)
{
    buffer->data = data;
    buffer->mdl = NdisAllocateMdl(protocol, data, (ULONG)size);
    if (!buffer->mdl)
        return false;
    buffer->list = NdisAllocateNetBufferAndNetBufferList(b->pool, 0, 0, buffer->mdl, 0, 0);
    if (!buffer->list)
        return false;
    buffer->list->ProtocolReserved[0] = buffer;
    buffer->next = *buffer->home;
    *buffer->home = buffer;
    return true;
}

void protocol_free_buffer(struct send_buffer *buffer)
{
    if (buffer->list)
        NdisFreeNetBufferList(buffer->list);
    if (buffer->mdl)
        NdisFreeMdl(buffer->mdl);
}

bool protocol_allocate_buffers(struct binding *b, NDIS_HANDLE protocol, size_t frame_size, size_t context_size)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
        .ProtocolId = NDIS_PROTOCOL_ID_TCP_IP,
        .ContextSize = (USHORT)align_up(context_size, MEMORY_ALLOCATION_ALIGNMENT),
        .fAllocateNetBuffer = TRUE,
        .PoolTag = BINDING_TAG,
    };

    b->frame_size = frame_size;
    b->output_last = &b->output;
    KeInitializeEvent(&b->drained, NotificationEvent, TRUE);
    b->pool = NdisAllocateNetBufferListPool(protocol, &parameters);
    b->memory = ExAllocatePoolWithTag(NonPagedPoolNx, SEND_BUFFERS * align_up(frame_size, 64), BINDING_TAG);
    b->buffers = calloc(SEND_BUFFERS, sizeof *b->buffers);
    if (!b->pool || !b->memory || !b->buffers)
        return false;
    for (unsigned n = SEND_BUFFERS; n-- > 0;) {
        b->buffers[n].home = &b->free;
        if (!protocol_allocate_buffer(b, protocol, &b->buffers[n], b->memory + n * align_up(frame_size, 64), frame_size))
            return false;
    }
    return offload_allocate(b, protocol);
}

void protocol_free_buffers(struct binding *b)
{
    offload_free(b);
    for (unsigned n = 0; b->buffers && n < SEND_BUFFERS; n++)
        protocol_free_buffer(&b->buffers[n]);
    free(b->buffers);
    if (b->memory)
        ExFreePoolWithTag(b->memory, BINDING_TAG);
    if (b->pool)
        NdisFreeNetBufferListPool(b->pool);
    b->buffers = NULL;
    b->memory = NULL;
    b->pool = NULL;
    b->free = NULL;
}

/* --- out ------------------------------------------------------------------------------------------------------ */

static void queue_output(struct binding *b, PNET_BUFFER_LIST list)
{
    *b->output_last = list;
    b->output_last = &list->Next;
    if (!b->on_output_list) {
        b->on_output_list = true;
        b->next_output = outputs;
        outputs = b;
    }
}

uint8_t *protocol_reserve(struct binding *b, size_t size)
{
    struct send_buffer *buffer = b->free;

    if (!buffer || b->state != BINDING_RUNNING || size > b->frame_size)
        return NULL;
    b->free = buffer->next;
    return protocol_queue(b, buffer, size);
}

uint8_t *protocol_queue(struct binding *b, struct send_buffer *buffer, size_t size)
{
    PNET_BUFFER_LIST list = buffer->list;
    PNET_BUFFER nb = NET_BUFFER_LIST_FIRST_NB(list);
    NET_BUFFER_DATA_LENGTH(nb) = (ULONG)size;
    NET_BUFFER_DATA_OFFSET(nb) = 0;
    NET_BUFFER_CURRENT_MDL(nb) = buffer->mdl;
    NET_BUFFER_CURRENT_MDL_OFFSET(nb) = 0;
    list->Next = NULL;
    list->SourceHandle = b->handle;
    memset(list->NetBufferListInfo, 0, sizeof list->NetBufferListInfo);
    b->outstanding++;
    b->offload.open = NULL;
    queue_output(b, list);
    return buffer->data;
}

bool protocol_has_output(void)
{
    return outputs != NULL;
}

/* The Ethernet header is the stack's own where the medium has none. */
static void without_header(PNET_BUFFER nb)
{
    NET_BUFFER_DATA_OFFSET(nb) += ETHERNET_HEADER;
    NET_BUFFER_CURRENT_MDL_OFFSET(nb) += ETHERNET_HEADER;
    NET_BUFFER_DATA_LENGTH(nb) -= ETHERNET_HEADER;
}

static void set_frame_type(PNET_BUFFER_LIST list)
{
    const struct send_buffer *buffer = list->ProtocolReserved[0];
    USHORT type;

    memcpy(&type, buffer->data + 12, sizeof type);
    NDIS_SET_NET_BUFFER_LIST_FRAME_TYPE(list, type);
    if (type == htons(NDIS_ETH_TYPE_IPV4))
        list->NblFlags = NDIS_NBL_FLAGS_IS_IPV4;
    else
        list->NblFlags = type == htons(NDIS_ETH_TYPE_IPV6) ? NDIS_NBL_FLAGS_IS_IPV6 : 0;
}

void protocol_flush_all(void)
{
    static uint64_t flushing;           /* processors inside: a send that indicates receives comes here again */
    KIRQL old = ke_raise(DISPATCH_LEVEL);
    uint64_t self = 1ull << this_cpu->number;
    struct binding *b;

    if (flushing & self) {              /* the outer call goes on with what is new */
        ke_lower(old);
        return;
    }
    flushing |= self;
    while ((b = outputs)) {
        PNET_BUFFER_LIST lists = b->output;
        outputs = b->next_output;
        b->on_output_list = false;
        b->output = NULL;
        b->output_last = &b->output;
        b->offload.open = NULL;
        for (PNET_BUFFER_LIST list = lists; list; list = list->Next) {
            set_frame_type(list);
            if (b->raw)
                without_header(NET_BUFFER_LIST_FIRST_NB(list));
            else
                offload_ask(b, list);
        }
        NdisSendNetBufferLists(b->handle, lists, NDIS_DEFAULT_PORT_NUMBER, NDIS_SEND_FLAGS_DISPATCH_LEVEL);
    }
    flushing &= ~self;
    ke_lower(old);
}

VOID NTAPI protocol_send_complete(NDIS_HANDLE context, PNET_BUFFER_LIST lists, ULONG flags)
{
    struct binding *b = context;
    bool drained = false;

    stack_enter();
    for (PNET_BUFFER_LIST list = lists, next; list; list = next) {
        struct send_buffer *buffer = list->ProtocolReserved[0];
        next = list->Next;
        if (list->Status != NDIS_STATUS_SUCCESS && b->interface)
            interface_stats(b->interface)->tx_failed++;
        buffer->next = *buffer->home;
        *buffer->home = buffer;
        b->outstanding--;
    }
    drained = b->outstanding == 0 && b->state != BINDING_RUNNING;
    stack_leave();
    if (drained)
        KeSetEvent(&b->drained, IO_NO_INCREMENT, FALSE);
}

void protocol_pause(struct binding *b, enum binding_state then)
{
    stack_enter();
    bool wait = b->outstanding > 0;
    if (wait)
        KeClearEvent(&b->drained);
    b->state = BINDING_PAUSING;
    stack_leave();
    if (wait)
        KeWaitForSingleObject(&b->drained, Executive, KernelMode, FALSE, NULL);
    stack_enter();
    b->state = then;
    stack_leave();
}

/* --- in ------------------------------------------------------------------------------------------------------- */

/* Before a packet that came without: from nobody to us, of the type that the packet's version says. Returns its length. */
static size_t make_header(uint8_t header[ETHERNET_HEADER], struct interface *interface, uint8_t first)
{
    USHORT type = htons(first >> 4 == 6 ? NDIS_ETH_TYPE_IPV6 : NDIS_ETH_TYPE_IPV4);

    memcpy(header, interface_mac(interface), 6);
    memset(header + 6, 0, 6);
    memcpy(header + 12, &type, sizeof type);
    return ETHERNET_HEADER;
}

static void receive_one(struct binding *b, PNET_BUFFER nb, const struct arrival *how)
{
    struct iovec parts[RECEIVE_PARTS];
    size_t left = NET_BUFFER_DATA_LENGTH(nb), total = left;
    size_t skip = NET_BUFFER_CURRENT_MDL_OFFSET(nb);
    uint8_t header[ETHERNET_HEADER];
    int count = 0;

    if (b->raw && total)
        parts[count++] = (struct iovec){ header, sizeof header };
    for (PMDL mdl = NET_BUFFER_CURRENT_MDL(nb); mdl && left && count < RECEIVE_PARTS; mdl = mdl->Next) {
        size_t size = MmGetMdlByteCount(mdl) - skip;
        uint8_t *data = MmGetSystemAddressForMdlSafe(mdl, LowPagePriority | MdlMappingNoExecute);
        if (!data)
            break;
        size = min_u64(size, left);
        parts[count++] = (struct iovec){ data + skip, size };
        left -= size;
        skip = 0;
    }
    if (b->raw && count > 1)
        total += make_header(header, b->interface, *(const uint8_t *)parts[1].iov_base);
    if (left)
        interface_stats(b->interface)->rx_dropped++;
    else if (how->datagram)
        datagrams_input(b->interface, parts, count, total, how);
    else
        interface_input(b->interface, parts, count, total, how);
}

/* A list that is several datagrams put together (URO) comes apart again. docs: network/udp-rsc-offload */
static void receive_list(struct binding *b, PNET_BUFFER_LIST list)
{
    const NDIS_UDP_RSC_OFFLOAD_NET_BUFFER_LIST_INFO unit = { .Value = NET_BUFFER_LIST_INFO(list, UdpRecvSegCoalesceOffloadInfo) };
    struct arrival how = offload_arrival(b, list);

    for (PNET_BUFFER nb = NET_BUFFER_LIST_FIRST_NB(list); nb; nb = NET_BUFFER_NEXT_NB(nb)) {
        how.datagram = unit.Receive.SegCount > 1 ? unit.Receive.SegSize : 0;
        receive_one(b, nb, &how);
    }
}

VOID NTAPI protocol_receive(NDIS_HANDLE context, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG count, ULONG flags)
{
    struct binding *b = context;

    stack_enter();
    if (b->state == BINDING_RUNNING && b->interface)
        for (PNET_BUFFER_LIST list = lists; list; list = list->Next)
            receive_list(b, list);
    stack_leave();
    if (!NDIS_TEST_RECEIVE_CANNOT_PEND(flags))
        NdisReturnNetBufferLists(b->handle, lists,
                                 NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(flags) ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
}
