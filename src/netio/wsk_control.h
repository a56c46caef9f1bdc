/* Between the files that answer WskControlClient and WskControlSocket. */
#ifndef NETIO_WSK_CONTROL_H
#define NETIO_WSK_CONTROL_H

#include "netio/wsk_internal.h"

/* A cached security descriptor. WSK_CACHE_SD and each retrieval through SO_WSK_SECURITY count one, WSK_RELEASE_SD takes one. */
struct wsk_descriptor {
    struct list node;
    unsigned references;
    PSECURITY_DESCRIPTOR descriptor;
};
/* NULL: it is not a cached one of this client. */
struct wsk_descriptor *wsk_descriptor_find(struct wsk_client *client, PSECURITY_DESCRIPTOR descriptor);
void wsk_descriptors_free(struct wsk_client *client);

/* One control operation on a socket, after its buffers and IRP were looked at. */
struct wsk_control {
    WSK_CONTROL_SOCKET_TYPE type;
    ULONG code, level;
    SIZE_T input_size, output_size;
    PVOID input, output;
    SIZE_T written;                     /* bytes of output, or needed for it (STATUS_BUFFER_OVERFLOW) */
    PIRP irp;
    void *frame;
};

/* Answers; STATUS_PENDING when the IRP was queued. Stack entered. */
NTSTATUS wsk_option_socket(struct wsk_socket *socket, struct wsk_control *control);     /* level SOL_SOCKET */
NTSTATUS wsk_option_tcp(struct wsk_socket *socket, struct wsk_control *control);        /* IPPROTO_TCP */
NTSTATUS wsk_option_udp(struct wsk_socket *socket, struct wsk_control *control);        /* IPPROTO_UDP */
NTSTATUS wsk_option_ip(struct wsk_socket *socket, struct wsk_control *control);         /* IPPROTO_IP */
NTSTATUS wsk_option_ipv6(struct wsk_socket *socket, struct wsk_control *control);       /* IPPROTO_IPV6 */
NTSTATUS wsk_ioctl(struct wsk_socket *socket, struct wsk_control *control);
NTSTATUS wsk_option_events(struct wsk_socket *socket, struct wsk_control *control);     /* SO_WSK_EVENT_CALLBACK */
NTSTATUS wsk_address_list(struct wsk_socket *socket, struct wsk_control *control);

/* A ULONG to set; STATUS_INVALID_PARAMETER when the buffer is none. */
NTSTATUS wsk_control_get_ulong(const struct wsk_control *control, ULONG *value);
/* Returns bytes; STATUS_BUFFER_TOO_SMALL when they do not fit. */
NTSTATUS wsk_control_put(struct wsk_control *control, const void *data, SIZE_T size);
NTSTATUS wsk_control_put_ulong(struct wsk_control *control, ULONG value);
/* A Boolean option in both directions: 0 or 1 in a ULONG. */
NTSTATUS wsk_control_flag(struct wsk_control *control, bool *flag);

/* Carries the options to the endpoint, when there is one. */
NTSTATUS wsk_options_apply(struct wsk_socket *socket);

/* --- address and transport lists -------------------------------------------------------------------------------- */

void wsk_lists_open(void);
void wsk_lists_close(void);
/* STATUS_BUFFER_OVERFLOW: too small, *returned says how much it takes. */
NTSTATUS wsk_transport_list(PVOID output, SIZE_T output_size, SIZE_T *returned);

#endif
