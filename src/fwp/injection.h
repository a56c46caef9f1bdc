/* Injection: what drivers put into the stack, between the functions of fwpkclnt.sys and whoever owns the stack.
 *
 *  1. An injection is queued by the driver's call, at any IRQL <= DISPATCH_LEVEL, with whatever locks the driver holds: it takes
 *     none of ours. A DPC carries it out, and calls completionFn at DISPATCH_LEVEL without any lock.
 *  2. The list is the stack's from the call to the completion. Its bytes are copied once, by network->inject.
 *  3. An injector that is being destroyed takes nothing new, and lives until its last completion. */
#ifndef FWP_INJECTION_H
#define FWP_INJECTION_H

#include <fwpsk.h>
#include <stdbool.h>
#include <stdint.h>

#include "fwp/tag.h"
#include "pe/pe.h"

#define FWP_INJECTIONS_MAX 16384u       /* of one handle that have not completed */

enum fwp_injection_kind {
    FWP_INJECT_NETWORK_SEND, FWP_INJECT_NETWORK_RECEIVE, FWP_INJECT_TRANSPORT_SEND, FWP_INJECT_TRANSPORT_RECEIVE,
    FWP_INJECT_FORWARD, FWP_INJECT_MAC_SEND, FWP_INJECT_MAC_RECEIVE, FWP_INJECT_KINDS
};

struct fwp_injector;

struct fwp_injection {
    struct fwp_injection *next;
    enum fwp_injection_kind kind;
    struct fwp_injector *injector;
    PNET_BUFFER_LIST nbl;
    FWPS_INJECT_COMPLETE0 *completion;
    void *completion_context;
    ADDRESS_FAMILY family;
    uint16_t layer;
    uint32_t interface, port;           /* index; 0: by route */
    uint64_t endpoint;
    bool has_remote;
    uint8_t remote[16];
    uint32_t scope;                     /* of a link-local remote address: interface index */
    const WSACMSGHDR *control;
    uint32_t control_size;
    struct pe_caller caller;
    unsigned hops;                      /* fwp/packet.h */
    unsigned tag_count;
    struct fwp_tag tags[FWP_TAGS];
};

/* Who carries injections out. Called at DISPATCH_LEVEL without locks; the status goes into the list. */
/* What waits before a filter of the stream layers, one way (callout 0, filter 0: behind the last, for the owner or the network). */
struct fwp_stream_queue {
    uint64_t flow, filter;
    uint32_t callout;
    uint8_t version;                    /* FWP_IP_VERSION */
    uint8_t local[16], remote[16];      /* IPv4: a number */
    uint16_t local_port, remote_port;
    bool inbound, deferred, ended, gone;        /* gone: its filter is */
    size_t waiting, needed;             /* bytes; needed: that the callout wants to be shown at once, 0: any */
};

struct fwp_network {
    NTSTATUS (*inject)(const struct fwp_injection *injection);
    NTSTATUS (*inject_stream)(uint64_t flow, uint32_t callout, uint16_t layer, uint32_t stream_flags, NET_BUFFER_LIST *nbl,
                              size_t length);
    /* Every endpoint that has an address. `visit` must not call the stack. */
    void (*endpoints)(void (*visit)(void *context, const FWPS_ALE_ENDPOINT_PROPERTIES0 *endpoint), void *context);
    /* Every queue of every connection that the stream layers see. `visit` must not call the stack. */
    void (*stream_queues)(void (*visit)(void *context, const struct fwp_stream_queue *queue), void *context);
    NTSTATUS (*stream_continue)(uint64_t flow, uint32_t callout, uint16_t layer, uint32_t stream_flags);
    /* A context of the flow is gone, or (0) a callout: bytes may wait for it. Any lock may be held. */
    void (*stream_look_again)(uint64_t flow);
};
void fwp_set_network(const struct fwp_network *network);        /* NULL: not ready */
const struct fwp_network *fwp_network(void);

/* Checks and queues what a driver wants injected; nbl and completion are set. */
NTSTATUS fwp_inject(HANDLE handle, uint32_t type, void *context, struct fwp_injection *injection);
/* The history of a packet that is injected: the injection itself, then what the list's packet came from. */
unsigned fwp_injection_tags(const struct fwp_injector *injector, void *context, const NET_BUFFER_LIST *nbl,
                            struct fwp_tag tags[FWP_TAGS]);
/* NULL: no such handle. */
struct fwp_injector *fwp_injector_of(HANDLE handle);
/* A completion that waits for the DPC, for lists that have been taken already. */
NTSTATUS fwp_complete_later(struct fwp_injector *injector, NET_BUFFER_LIST *nbl, FWPS_INJECT_COMPLETE0 *completion, void *context);
/* STATUS_SUCCESS: it may take another for this kind. */
NTSTATUS fwp_injector_ready(struct fwp_injector *injector, uint32_t type);

/* Handles that drivers in the image made; calls back with the return address. */
void fwp_injectors_each(void (*visit)(void *context, const void *handle, uint64_t caller), void *context);
/* Completions in the image are not called any more, and its handles go. PASSIVE_LEVEL. */
void fwp_injections_driver_gone(uint64_t base, uint64_t size);
unsigned fwp_injectors_count(void);
void fwp_injections_open(void);
void fwp_injections_close(void);

#endif
