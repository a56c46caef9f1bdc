/* Winsock Kernel, inside: clients, sockets, requests.
 *
 * Invariants
 *  1. Socket state changes only with the stack entered (tcpip_enter). Dispatch functions enter in wsk_begin and leave in
 *     wsk_end; events of the stack are inside it; wsk_socket_run enters before it looks. A bind leaves it while drivers are
 *     asked: the socket is `binding` then, and nobody else changes it (wsk_bind.c).
 *  2. A driver is called in two places only: from wsk_end, after the stack is left, for the IRP of the very call; and from
 *     wsk_socket_run, a tcpip_defer() work, one at a time for each socket. Completions and events of a socket therefore keep
 *     the order in which they came about.
 *  3. Whoever calls a driver looks at the socket anew afterwards: the driver may have closed it. A socket is freed by
 *     wsk_socket_run alone, as the last thing it does.
 *  4. An IRP is always completed. Who owns it:
 *
 *     | request is       | in list              | cancelled by IoCancelIrp                                       |
 *     |------------------|----------------------|----------------------------------------------------------------|
 *     | queued           | one of the socket's  | taken out and completed                                        |
 *     | in the transport | the socket's `sends` | the connection is aborted: a byte stream cannot lose its middle |
 *     | done             | the socket's `done`  | too late: its cancel routine is gone                           |
 *
 *  5. A call that may follow from its own completion, on and on (WskReceive, WskReceiveFrom, WskSendTo, WskSendMessages,
 *     WskAccept), never succeeds inside the call: it is pending and `done`. So drivers may start the next one in the completion
 *     routine of the last, and no stack grows. wsk_socket_run does at most ROUND things before others get their turn.
 *  6. Memory: sockets and indications are pool, because drivers see them; requests are the host's. All come from free lists
 *     once used, so that sending and receiving allocate nothing.
 *
 * | state      | function that leads here                   | leaves on                                             |
 * |------------|--------------------------------------------|-------------------------------------------------------|
 * | OPEN       | WskSocket                                  | WskBind: BOUND                                        |
 * | BOUND      | WskBind                                    | connect: CONNECTING; WskListen (stream): LISTENING    |
 * | LISTENING  | WskBind on a listening socket, WskListen   | close                                                 |
 * | CONNECTING | WskConnect, WskConnectEx, WskSocketConnect | `connected`: CONNECTED; `failed` or cancelled: FAILED |
 * | CONNECTED  | also every accepted socket                 | reset, abortive disconnect, adapter gone: FAILED      |
 * | FAILED     |                                            | close; `failure` answers every further request        |
 * | CLOSING    | WskCloseSocket                             | no callback runs, nothing is in `done`: CLOSED        |
 * | CLOSED     |                                            | memory goes with its client, or when many are closed  | */
#ifndef NETIO_WSK_INTERNAL_H
#define NETIO_WSK_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <wsk.h>

#include "base/list.h"
#include "base/util.h"
#include "netio/event.h"
#include "tcpip/socket.h"

#define WSK_TAG(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
#define WSK_SOCKET_MAGIC 0x53b3u
#define WSK_CLOSED_MAGIC 0xc153u
#define WSK_CLIENT_MAGIC 0xc13b3u

#define WSK_STREAM_EVENTS (WSK_EVENT_RECEIVE | WSK_EVENT_DISCONNECT | WSK_EVENT_SEND_BACKLOG)

/* Room for a socket address of either family. */
union wsk_address {
    SOCKADDR any;
    SOCKADDR_IN v4;
    SOCKADDR_IN6 v6;
};

/* --- clients ------------------------------------------------------------------------------------------------ */

struct wsk_client {
    uint32_t magic;
    uint32_t static_events;
    HANDLE binding;                     /* the registrar's */
    PVOID context;                      /* the driver's */
    const WSK_CLIENT_DISPATCH *dispatch;
    struct list node;                   /* wsk_clients */
    struct list sockets;
    struct list changes;                /* WSK_TRANSPORT_LIST_CHANGE requests */
    struct list names;                  /* WskGetAddressInfo, WskGetNameInfo */
    struct list descriptors;            /* struct wsk_descriptor */
    struct list done;                   /* requests of the client itself that are to be completed */
    struct tcpip_work work;
    unsigned busy;                      /* calls in progress, requests not completed */
    unsigned maps;                      /* TDI mappings: remembered as a number, there is no TDI */
    bool had_socket, detaching, detached;
    const unsigned *captured;           /* of its WskRegister registration; NULL: the driver attached by itself */
};
extern struct list wsk_clients;

/* --- buffers ------------------------------------------------------------------------------------------------ */

/* A place in a chain of MDLs that are all mapped, and how many bytes are left from there. */
struct wsk_cursor {
    PMDL mdl;
    size_t offset, left;
};

/* Maps the chain. STATUS_INVALID_PARAMETER: offset outside the first MDL, or the chain is shorter than it says;
 * STATUS_INSUFFICIENT_RESOURCES: no system address. IRQL <= DISPATCH_LEVEL. */
NTSTATUS wsk_cursor_open(struct wsk_cursor *cursor, const WSK_BUF *buffer);
/* Contiguous bytes at the cursor; *size 0 at its end. Does not advance. */
uint8_t *wsk_cursor_span(struct wsk_cursor *cursor, size_t *size);
void wsk_cursor_advance(struct wsk_cursor *cursor, size_t size);
/* Copies as much as both have room for, advances, returns how much. */
size_t wsk_cursor_write(struct wsk_cursor *cursor, const void *data, size_t size);

/* --- requests ----------------------------------------------------------------------------------------------- */

enum wsk_kind {
    WSK_DO_SOCKET_CONNECT, WSK_DO_CONNECT, WSK_DO_ACCEPT, WSK_DO_SEND, WSK_DO_DISCONNECT, WSK_DO_RECEIVE,
    WSK_DO_RECEIVE_FROM, WSK_DO_SEND_TO, WSK_DO_DISABLE, WSK_DO_ADDRESS_CHANGE, WSK_DO_CLOSE, WSK_DO_TRANSPORT_CHANGE,
    WSK_DO_NAME, WSK_DO_BIND, WSK_DO_LISTEN
};

struct wsk_request {
    struct list node;
    PIRP irp;
    struct wsk_socket *socket;          /* or NULL: the client's */
    struct wsk_client *client;
    enum wsk_kind kind;
    bool done;                          /* in a `done` list */
    NTSTATUS status;
    ULONG_PTR information;
    ULONG flags;
    struct wsk_cursor cursor;
    size_t size;                        /* bytes of the buffer */
    size_t handed, acknowledged;        /* sends: how far the transport is */
    union {
        struct {
            PVOID context;
            const WSK_CLIENT_CONNECTION_DISPATCH *dispatch;
            PSOCKADDR local, remote;
        } accept;
        struct {
            PSOCKADDR remote;
            PULONG control_size, control_flags;
            PCMSGHDR control;
        } from;
        ULONG event;                    /* WSK_DO_DISABLE */
        void *query;                    /* WSK_DO_NAME: wsk_names.c */
    };
};

/* A request for the IRP, not yet in any list; NULL without memory. */
struct wsk_request *wsk_request_new(enum wsk_kind kind, struct wsk_socket *socket, PIRP irp);
/* Puts it into `queue` and marks the IRP pending: STATUS_PENDING. STATUS_CANCELLED: it was cancelled before; it is freed. */
NTSTATUS wsk_request_pend(struct wsk_request *request, struct list *queue);
/* Takes it out of its list; the work completes its IRP. Stack entered. */
void wsk_request_done(struct wsk_request *request, NTSTATUS status, ULONG_PTR information);
/* Ends every request of a list. */
void wsk_requests_fail(struct list *queue, NTSTATUS status);
/* For a call that answers at once: frees it. */
void wsk_request_drop(struct wsk_request *request);
/* Completes what is in `done`, in order, some at a time. Stack not entered. Returns whether there was something. */
bool wsk_requests_complete(struct list *done, unsigned *busy);
void wsk_requests_close(void);

/* The IRP's next stack location becomes ours. False: it has none (a finding). */
bool wsk_irp_take(PIRP irp, const char *function, void *frame);
/* Completes an IRP that wsk_irp_take took. */
void wsk_irp_complete(PIRP irp, NTSTATUS status, ULONG_PTR information);

/* --- received bytes ------------------------------------------------------------------------------------------ */

#define WSK_MDL_ROOM 320
#define WSK_CONTROL_ROOM 512

/* One packet of the stack: in a socket's `received` list, shown to an event, or kept by the driver. */
struct wsk_indication {
    union {                             /* what the driver sees */
        WSK_DATA_INDICATION data;
        WSK_DATAGRAM_INDICATION datagram;
    };
    struct list node;
    struct wsk_indication *next_kept;   /* the next list that the driver keeps */
    struct wsk_indication *next_shown;  /* the same list; Next is the driver's to change */
    struct tcpip_packet *packet;
    size_t skip, size;                  /* bytes of the packet already taken, and left */
    struct tcpip_received how;          /* datagrams */
    union wsk_address from;
    uint8_t control[WSK_CONTROL_ROOM] __attribute__((aligned(8)));
    uint8_t mdls[WSK_MDL_ROOM] __attribute__((aligned(8)));
};

struct wsk_indication *wsk_indication_new(struct tcpip_packet *packet);
void wsk_indication_free(struct wsk_indication *indication);
/* Describes what is left of the packet in Buffer. False without memory. */
bool wsk_indication_describe(struct wsk_indication *indication);
void wsk_indication_undescribe(struct wsk_indication *indication);
/* Copies from what is left, without taking it. */
size_t wsk_indication_copy(const struct wsk_indication *indication, struct wsk_cursor *to);
void wsk_indications_close(void);

/* --- sockets ------------------------------------------------------------------------------------------------ */

enum wsk_category { WSK_BASIC, WSK_LISTEN, WSK_CONNECTION, WSK_DATAGRAM, WSK_STREAM };
enum wsk_state {
    WSK_OPEN, WSK_BOUND, WSK_LISTENING, WSK_CONNECTING, WSK_CONNECTED, WSK_FAILED, WSK_CLOSING, WSK_CLOSED
};

struct wsk_options {
    bool reuse, exclusive, conditional, v6only, pktinfo, hop_limit, traffic_class, ecn, errors, redirect_context, redirect_records, header_included, loopback_fast;
    bool pause_accept, randomize_port, port_scalability, reuse_unicast_port, fast_open;
    uint32_t receive_buffer;            /* SO_RCVBUF */
    bool receive_buffer_set;
    struct tcpip_tcp_options tcp;       /* .ip holds for datagrams, too */
    bool tcp_set, ip_set;               /* something differs from the stack's defaults */
    PSECURITY_DESCRIPTOR security;
};

struct wsk_socket {
    WSK_SOCKET guest;
    uint32_t magic;
    enum wsk_category category, role;   /* role: what a stream socket has become */
    enum wsk_state state;
    NTSTATUS failure;
    ADDRESS_FAMILY family;
    USHORT type;
    ULONG protocol;
    struct wsk_client *client;
    uint64_t made_by;                   /* return address of the driver's call */
    struct list node;                   /* client->sockets, or the listener's `waiting`, or closed sockets */
    PVOID context;
    const WSK_CLIENT_LISTEN_DISPATCH *listen_events;
    const WSK_CLIENT_CONNECTION_DISPATCH *stream_events;
    const WSK_CLIENT_DATAGRAM_DISPATCH *datagram_events;

    ULONG events, static_events;        /* enabled WSK_EVENT_*; those that cannot be disabled */
    ULONG running_event;                /* the one whose callback runs */
    bool running, again;                /* wsk_socket_run */
    bool binding;                       /* a bind has left the stack; a close waits for it */
    bool unowned;                       /* WskSocketConnect has not completed: nobody knows it yet */
    bool untold;                        /* the same for WskAccept: it has no events before its IRP is complete */
    struct tcpip_work work;
    struct list done, sends, receives, accepts, disables, changes;
    struct wsk_request *connect, *disconnect, *close;

    struct tcpip_tcp *tcp;
    struct fwp_records *redirection;    /* of a proxy's socket, until it is bound; NULL: none */
    struct tcpip_datagram *datagram;
    struct tcpip_address local;         /* as bound; family 0: not */

    /* connections */
    struct list received;               /* struct wsk_indication, in order */
    size_t received_size;
    size_t held;                        /* taken, but the window was not opened: SO_RCVBUF */
    struct wsk_indication *kept;        /* lists that the driver keeps */
    size_t kept_size;
    size_t backlog;                     /* the ideal send backlog that was last announced */
    const void *shown;                  /* the list that the receive event has just now; `received` begins with it */
    bool showing, shown_released;       /* the event runs; the driver gave the list back before it answered */
    bool receive_paused;                /* the event wants a WskReceive first */
    unsigned receive_calls;
    bool peer_done, fin_sent, fin_acknowledged, silent;
    bool disconnect_due, disconnect_abortive, disconnect_told;
    bool backlog_due;
    bool was_inspected;
    WSK_INSPECT_ID inspect_id;

    /* listening */
    struct list waiting;                /* accepted sockets that nobody has taken */
    unsigned waiting_count;
    ULONG inherited_events;
    struct list inspections;            /* struct wsk_inspection */
    bool gone_due;

    /* datagrams */
    struct tcpip_address remote, send_to;

    struct wsk_options options;
};

/* A connection request of a listening socket in conditional mode. */
struct wsk_inspection {
    struct list node;
    struct tcpip_syn syn;
    WSK_INSPECT_ID id;
    enum { WSK_ASK, WSK_ASKED, WSK_INSPECTED, WSK_ABORTED } stage;
};

void wsk_options_init(struct wsk_options *options);

/* wsk_socket.c */
struct wsk_socket *wsk_socket_new(struct wsk_client *client, enum wsk_category category, ADDRESS_FAMILY family, USHORT type,
                                  ULONG protocol, const void *caller);
/* Gives up its endpoint and its memory; nothing refers to it any more. */
void wsk_socket_forget_redirection(struct wsk_socket *s);
void wsk_socket_discard(struct wsk_socket *socket);
/* Its driver is gone: nothing is completed, nobody is called. Stack entered. */
void wsk_socket_abandon(struct wsk_socket *socket);
void wsk_socket_set_events(struct wsk_socket *socket, const VOID *dispatch);
/* The work runs for what has become due. Stack entered. */
void wsk_socket_kick(struct wsk_socket *socket);
void wsk_socket_run(struct tcpip_work *work);
/* Ends everything that waits, because the connection is lost for `status`. Stack entered. */
void wsk_socket_fail(struct wsk_socket *socket, NTSTATUS status, NTSTATUS for_sends);
/* Frees closed sockets of a client, NULL: of all. */
void wsk_sockets_forget(struct wsk_client *client);

/* Enters the stack and takes the IRP (may be NULL). NULL when the socket is not one (a finding): the caller ends with
 * wsk_end(irp, STATUS_FILE_FORCED_CLOSED, 0). */
struct wsk_socket *wsk_begin(PWSK_SOCKET socket, PIRP *irp, const char *function, void *frame);
/* The same for functions of the client object. */
struct wsk_client *wsk_begin_client(PWSK_CLIENT client, PIRP *irp, const char *function, void *frame);
/* Leaves the stack; completes the IRP unless status is STATUS_PENDING. Returns status. */
NTSTATUS wsk_end(PIRP irp, NTSTATUS status, ULONG_PTR information);
#define WSK_NO_CALL(socket, irp) wsk_end((irp), (socket) == NULL ? STATUS_FILE_FORCED_CLOSED : STATUS_INVALID_PARAMETER, 0)
#define WSK_BEGIN(socket, irp, function) wsk_begin((socket), &(irp), (function), __builtin_frame_address(0))

/* STATUS_SUCCESS when a connection-oriented function may go on: connected and not failed. */
NTSTATUS wsk_require_connected(const struct wsk_socket *socket);

/* A callback of the driver, with what must hold around it. */
#define WSK_CALLBACK(socket, event, call)                                                                           \
    do {                                                                                                            \
        (socket)->running_event = (event);                                                                          \
        tcpip_leave();                                                                                              \
        call;                                                                                                       \
        tcpip_enter();                                                                                              \
        (socket)->running_event = 0;                                                                                \
    } while (0)

/* --- addresses ---------------------------------------------------------------------------------------------- */

static inline size_t wsk_address_size(ADDRESS_FAMILY family)
{
    return family == AF_INET6 ? sizeof(SOCKADDR_IN6) : sizeof(SOCKADDR_IN);
}
/* STATUS_INVALID_PARAMETER: another family, or NULL. STATUS_INVALID_ADDRESS_COMPONENT: IPv4 in an IPv6-only socket. */
NTSTATUS wsk_address_in(const struct wsk_socket *socket, const SOCKADDR *from, struct tcpip_address *to);
/* Writes what the socket's family wants: an IPv4 address in an IPv6 socket becomes a mapped one. */
void wsk_address_out(ADDRESS_FAMILY family, const struct tcpip_address *from, SOCKADDR *to);

/* --- parts of the work, in the order in which wsk_socket_run asks: each returns whether it called the driver ----- */

bool wsk_run_inspections(struct wsk_socket *socket);
bool wsk_run_accepts(struct wsk_socket *socket);
bool wsk_run_receive(struct wsk_socket *socket);
bool wsk_run_receive_from(struct wsk_socket *socket);
bool wsk_run_disconnect(struct wsk_socket *socket);
bool wsk_run_backlog(struct wsk_socket *socket);
bool wsk_run_disables(struct wsk_socket *socket);

/* --- connections and listeners, for each other --------------------------------------------------------------- */

extern const struct tcpip_tcp_events wsk_stream_tcp_events, wsk_listen_tcp_events;
NTSTATUS wsk_start_listening(struct wsk_socket *socket);
NTSTATUS wsk_start_connecting(struct wsk_socket *socket, const SOCKADDR *remote, struct wsk_request *request);
/* What a close that came while the socket was being bound has left to do. Stack entered. */
void wsk_socket_go_on_closing(struct wsk_socket *socket);
NTSTATUS wsk_bind_socket(struct wsk_socket *socket, const SOCKADDR *local);
void wsk_listener_close(struct wsk_socket *socket);
void wsk_inspection_asked(struct tcpip_tcp *tcp, void *context, const struct tcpip_syn *syn);
void wsk_inspection_gone(struct tcpip_tcp *tcp, void *context, uint64_t id);
/* A new connection takes the id of the request it came from. */
void wsk_inspection_accepted(struct wsk_socket *listener, struct wsk_socket *connection);
void wsk_inspections_free(struct wsk_socket *socket);
/* Hands what is queued in `sends` to the transport as far as there is room. */
void wsk_send_pump(struct wsk_socket *socket);
void wsk_send_acknowledged(struct wsk_socket *socket, size_t size);
/* Serves queued receives from what has arrived. */
void wsk_receive_pump(struct wsk_socket *socket);
/* SO_RCVBUF was set. */
void wsk_receive_window_changed(struct wsk_socket *socket);
void wsk_receive_packet(struct wsk_socket *socket, struct tcpip_packet *packet);
void wsk_receive_from_packet(struct tcpip_datagram *datagram, void *context, const struct tcpip_received *how,
                             struct tcpip_packet *packet);
/* Before the receive event is called with this list. */
void wsk_show(struct wsk_socket *socket, const void *list);
/* The driver keeps the first `shown` of what has arrived. */
void wsk_keep(struct wsk_socket *socket, unsigned shown);
/* Frees what has arrived and nobody has taken. */
void wsk_receive_discard(struct wsk_socket *socket);
/* Frees what has arrived, and what the driver has kept (a finding). */
void wsk_receive_close(struct wsk_socket *socket);
/* A connection's ideal send backlog may have changed. */
void wsk_backlog_changed(struct wsk_socket *socket);
size_t wsk_ideal_backlog(struct wsk_socket *socket);

/* --- dispatch functions --------------------------------------------------------------------------------------- */

extern const WSK_PROVIDER_DISPATCH wsk_provider_dispatch;
extern const VOID *const wsk_socket_dispatch[];         /* by category */

NTSTATUS NTAPI wsk_do_socket(PWSK_CLIENT client, ADDRESS_FAMILY family, USHORT type, ULONG protocol, ULONG flags, PVOID context,
                             const VOID *dispatch, PEPROCESS process, PETHREAD thread, PSECURITY_DESCRIPTOR descriptor, PIRP irp);
NTSTATUS NTAPI wsk_do_socket_connect(PWSK_CLIENT client, USHORT type, ULONG protocol, PSOCKADDR local, PSOCKADDR remote,
                                     ULONG flags, PVOID context, const WSK_CLIENT_CONNECTION_DISPATCH *dispatch,
                                     PEPROCESS process, PETHREAD thread, PSECURITY_DESCRIPTOR descriptor, PIRP irp);
NTSTATUS NTAPI wsk_do_control_client(PWSK_CLIENT client, ULONG code, SIZE_T input_size, PVOID input, SIZE_T output_size,
                                     PVOID output, SIZE_T *returned, PIRP irp);
NTSTATUS NTAPI wsk_do_control_socket(PWSK_SOCKET socket, WSK_CONTROL_SOCKET_TYPE type, ULONG code, ULONG level,
                                     SIZE_T input_size, PVOID input, SIZE_T output_size, PVOID output, SIZE_T *returned,
                                     PIRP irp);
NTSTATUS NTAPI wsk_do_close(PWSK_SOCKET socket, PIRP irp);
NTSTATUS NTAPI wsk_do_bind(PWSK_SOCKET socket, PSOCKADDR local, ULONG flags, PIRP irp);
NTSTATUS NTAPI wsk_do_listen(PWSK_SOCKET socket, PIRP irp);
NTSTATUS NTAPI wsk_do_accept(PWSK_SOCKET socket, ULONG flags, PVOID context, const WSK_CLIENT_CONNECTION_DISPATCH *dispatch,
                             PSOCKADDR local, PSOCKADDR remote, PIRP irp);
NTSTATUS NTAPI wsk_do_inspect_complete(PWSK_SOCKET socket, PWSK_INSPECT_ID id, WSK_INSPECT_ACTION action, PIRP irp);
NTSTATUS NTAPI wsk_do_connect(PWSK_SOCKET socket, PSOCKADDR remote, ULONG flags, PIRP irp);
NTSTATUS NTAPI wsk_do_connect_ex(PWSK_SOCKET socket, PSOCKADDR remote, PWSK_BUF buffer, ULONG flags, PIRP irp);
NTSTATUS NTAPI wsk_do_get_local(PWSK_SOCKET socket, PSOCKADDR local, PIRP irp);
NTSTATUS NTAPI wsk_do_get_remote(PWSK_SOCKET socket, PSOCKADDR remote, PIRP irp);
NTSTATUS NTAPI wsk_do_send(PWSK_SOCKET socket, PWSK_BUF buffer, ULONG flags, PIRP irp);
NTSTATUS NTAPI wsk_do_send_ex(PWSK_SOCKET socket, PWSK_BUF buffer, ULONG flags, ULONG control_size, PCMSGHDR control, PIRP irp);
NTSTATUS NTAPI wsk_do_receive(PWSK_SOCKET socket, PWSK_BUF buffer, ULONG flags, PIRP irp);
NTSTATUS NTAPI wsk_do_receive_ex(PWSK_SOCKET socket, PWSK_BUF buffer, ULONG flags, PULONG control_size, PCMSGHDR control,
                                 PULONG control_flags, PIRP irp);
NTSTATUS NTAPI wsk_do_disconnect(PWSK_SOCKET socket, PWSK_BUF buffer, ULONG flags, PIRP irp);
NTSTATUS NTAPI wsk_do_release(PWSK_SOCKET socket, PWSK_DATA_INDICATION list);
NTSTATUS NTAPI wsk_do_release_datagrams(PWSK_SOCKET socket, PWSK_DATAGRAM_INDICATION list);
NTSTATUS NTAPI wsk_do_send_to(PWSK_SOCKET socket, PWSK_BUF buffer, ULONG flags, PSOCKADDR remote, ULONG control_size,
                              PCMSGHDR control, PIRP irp);
NTSTATUS NTAPI wsk_do_send_messages(PWSK_SOCKET socket, PWSK_BUF_LIST list, ULONG flags, PSOCKADDR remote, ULONG control_size,
                                    PCMSGHDR control, PIRP irp);
NTSTATUS NTAPI wsk_do_receive_from(PWSK_SOCKET socket, PWSK_BUF buffer, ULONG flags, PSOCKADDR remote, PULONG control_size,
                                   PCMSGHDR control, PULONG control_flags, PIRP irp);

#endif
