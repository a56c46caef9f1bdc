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

#define LARGE_PAYLOAD 61440u            /* of a large send, at most */

struct send_buffer {
    struct send_buffer *next, **home;   /* home: the list of free ones */
    uint8_t *data;
    PMDL mdl;
    PNET_BUFFER_LIST list;
    /* Of a large one: the first segment, and what is there by now. */
    bool v6;
    uint16_t headers;
    uint32_t sequence, payload, mss;
};

/* What is asked of the adapter, IPv4 and IPv6. */
struct binding_offload {
    bool checksum[2];                   /* of TCP segments sent */
    uint32_t large[2];                  /* bytes of payload of a large send; 0: none */
    bool coalescing[2];                 /* received segments may come put together */
    struct send_buffer *open;           /* a large frame that may grow */
};

/* ndis_coalescing.c */
struct binding_coalescing {
    bool off[2];                        /* switched off here, IPv4 and IPv6 */
    bool broken;
    unsigned round;
    WORK_QUEUE_ITEM work;
};

struct binding {
    struct list node;
    NDIS_HANDLE handle;
    struct interface *interface;
    enum binding_state state;
    uint32_t if_index;
    uint64_t speed;                     /* bits per second */
    bool raw;                           /* the medium carries IP packets: the stack's Ethernet header ends here */
    unsigned askers;                    /* requests on their way that unbinding waits for */
    KEVENT unasked;
    bool link_up;                       /* as the adapter says; the interface sees it once RUNNING */
    KEVENT completed;                   /* open and close, one at a time */
    NDIS_STATUS status;

    NDIS_HANDLE pool;
    uint8_t *memory;
    size_t frame_size;
    struct send_buffer *buffers, *free;
    PNET_BUFFER_LIST output, *output_last;
    struct binding_offload offload;
    struct binding_coalescing coalescing;
    uint8_t *large_memory;
    struct send_buffer *large_buffers, *free_large;
    bool on_output_list;
    struct binding *next_output;
    unsigned outstanding;
    KEVENT drained;

    uint8_t multicast[MULTICAST_MAX][6];
    unsigned multicast_users[MULTICAST_MAX], multicast_count;
    unsigned multicast_limit;           /* what the adapter takes */
    bool multicast_changed, multicast_busy;
    WORK_QUEUE_ITEM multicast_work;
    KEVENT multicast_idle;
};

/* ndis_data.c */
/* context_size: of each list, for the drivers below (ContextBackFillSize). */
bool protocol_allocate_buffers(struct binding *binding, NDIS_HANDLE protocol, size_t frame_size, size_t context_size);
void protocol_free_buffers(struct binding *binding);
/* No new frames; returns when NDIS has given back every send. PASSIVE_LEVEL. */
void protocol_pause(struct binding *binding, enum binding_state then);
VOID NTAPI protocol_receive(NDIS_HANDLE context, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG count, ULONG flags);
VOID NTAPI protocol_send_complete(NDIS_HANDLE context, PNET_BUFFER_LIST lists, ULONG flags);

/* Makes the MDL and list of a buffer of `size` bytes at `data`, and puts it where it belongs. */
bool protocol_allocate_buffer(struct binding *binding, NDIS_HANDLE protocol, struct send_buffer *buffer, uint8_t *data, size_t size);
void protocol_free_buffer(struct send_buffer *buffer);
/* Queues a buffer with a frame of `size` bytes; returns where its bytes go. */
uint8_t *protocol_queue(struct binding *binding, struct send_buffer *buffer, size_t size);

/* ndis_offload.c: what the adapter offers now (`size` bytes are there; NULL: nothing); asks it to (PASSIVE_LEVEL). */
void offload_take(struct binding *binding, const NDIS_OFFLOAD *offload, size_t size);
void offload_enable(struct binding *binding);
bool offload_allocate(struct binding *binding, NDIS_HANDLE protocol);
void offload_free(struct binding *binding);
/* Before a list goes down. */
void offload_ask(struct binding *binding, PNET_BUFFER_LIST list);
/* What the adapter has found out about a received list. */
struct arrival offload_arrival(struct binding *binding, PNET_BUFFER_LIST list);

/* ndis_datagrams.c: a frame of several datagrams (how->datagram) comes in as that many frames. Stack entered. */
void datagrams_input(struct interface *interface, const struct iovec *parts, int count, size_t total, const struct arrival *how);

/* ndis_coalescing.c: switches the coalescing of one adapter, or of all, as it has to be now. PASSIVE_LEVEL, stack not entered. */
void coalescing_update(struct binding *binding);
void coalescing_update_all(void);
/* The adapter has put duplicate acknowledgments together. Stack entered. */
void coalescing_duplicates(struct binding *binding);

/* ndis_scaling.c: PASSIVE_LEVEL; NULL: the adapter does not scale. */
void scaling_enable(struct binding *binding, const NDIS_RECEIVE_SCALE_CAPABILITIES *capabilities);

/* ndis_binding.c: a set request, PASSIVE_LEVEL, waits for its end. */
NDIS_STATUS protocol_set_oid(struct binding *binding, NDIS_OID oid, void *data, ULONG size);
NDIS_STATUS protocol_ask(struct binding *binding, NDIS_REQUEST_TYPE type, NDIS_OID oid, void *data, ULONG size);

struct list *protocol_bindings(void);

/* ndis_statistics.c: the binding stays until it is released. hold: stack entered. */
void protocol_hold(struct binding *binding);
void protocol_release(struct binding *binding);

/* ndis_multicast.c */
void multicast_open(struct binding *binding, unsigned limit);
/* Waits for a change on its way. PASSIVE_LEVEL. */
void multicast_close(struct binding *binding);

#endif
