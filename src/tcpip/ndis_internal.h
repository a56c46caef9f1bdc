/* A binding to one adapter, between ndis_binding.c (life, requests), ndis_data.c (frames) and ndis_multicast.c.
 *
 *   state      frames                          leaves on
 *   OPENING    none                            bind succeeds: PAUSED
 *   PAUSED     received ones go back unseen    NetEventRestart: RUNNING
 *   RUNNING    both ways                       NetEventPause: PAUSING
 *   PAUSING    none new; waits for sends       the last send completes: PAUSED
 *   CLOSING    as PAUSED                       close completes: freed
 *
 * The stack's lock protects everything but `node`. A send buffer is in `free`, in the output queue, or with NDIS
 * (counted in `outstanding`); the arrays are allocated at bind and never grow. */
#ifndef TCPIP_NDIS_INTERNAL_H
#define TCPIP_NDIS_INTERNAL_H

#include <ndis.h>

#include "base/list.h"
#include "tcpip/stack.h"

#define BINDING_TAG 0x49706354u          /* TcpI */
#define SEND_BUFFERS 512u
#define MULTICAST_MAX 32u

enum binding_state { BINDING_OPENING, BINDING_PAUSED, BINDING_RUNNING, BINDING_PAUSING, BINDING_CLOSING };

struct send_buffer {
    struct send_buffer *next;
    uint8_t *data;
    PMDL mdl;
    PNET_BUFFER_LIST list;
};

struct binding {
    struct list node;
    NDIS_HANDLE handle;
    struct interface *interface;
    enum binding_state state;
    uint32_t if_index;
    uint64_t speed;                     /* bits per second */
    unsigned askers;                    /* statistics requests on their way */
    KEVENT unasked;
    bool link_up;                       /* as the adapter says; the interface sees it once RUNNING */
    KEVENT completed;                   /* open, close and OID requests, one at a time */
    NDIS_STATUS status;

    NDIS_HANDLE pool;
    uint8_t *memory;
    size_t frame_size;
    struct send_buffer *buffers, *free;
    PNET_BUFFER_LIST output, *output_last;
    bool on_output_list;
    struct binding *next_output;
    unsigned outstanding;
    KEVENT drained;

    uint8_t multicast[MULTICAST_MAX][6];
    unsigned multicast_users[MULTICAST_MAX], multicast_count;
    unsigned multicast_limit;           /* what the adapter takes */
    bool multicast_queued;
    WORK_QUEUE_ITEM multicast_work;
    KEVENT multicast_idle;
};

/* ndis_data.c */
bool protocol_allocate_buffers(struct binding *binding, NDIS_HANDLE protocol, size_t frame_size);
void protocol_free_buffers(struct binding *binding);
/* No new frames; returns when NDIS has given back every send. PASSIVE_LEVEL. */
void protocol_pause(struct binding *binding, enum binding_state then);
VOID NTAPI protocol_receive(NDIS_HANDLE context, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG count, ULONG flags);
VOID NTAPI protocol_send_complete(NDIS_HANDLE context, PNET_BUFFER_LIST lists, ULONG flags);

/* ndis_binding.c: a set request, PASSIVE_LEVEL, waits for its end. */
NDIS_STATUS protocol_set_oid(struct binding *binding, NDIS_OID oid, void *data, ULONG size);

struct list *protocol_bindings(void);

/* ndis_statistics.c: a completed request; false: it was none of its. */
bool protocol_answer_statistics(PNDIS_OID_REQUEST request, NDIS_STATUS status);

/* ndis_multicast.c */
void multicast_open(struct binding *binding, unsigned limit);
/* Waits for a change on its way. PASSIVE_LEVEL. */
void multicast_close(struct binding *binding);

#endif
