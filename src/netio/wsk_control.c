/* WskControlSocket: looks at the buffers and the IRP and hands over to the option or control code. docs:
 * network/performing-control-operations-on-a-socket */
#include <string.h>

#include "netio/wsk_control.h"
#include "netio/wsk_internal.h"
#include "nt/ke.h"

NTSTATUS wsk_control_get_ulong(const struct wsk_control *control, ULONG *value)
{
    if (control->input == NULL || control->input_size == 0)
        return STATUS_INVALID_PARAMETER;
    if (control->input_size >= sizeof(ULONG))
        memcpy(value, control->input, sizeof(ULONG));
    else if (control->input_size == 1)
        *value = *(const UCHAR *)control->input;
    else
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

NTSTATUS wsk_control_put(struct wsk_control *control, const void *data, SIZE_T size)
{
    control->written = size;
    if (control->output == NULL || control->output_size < size)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(control->output, data, size);
    return STATUS_SUCCESS;
}

NTSTATUS wsk_control_put_ulong(struct wsk_control *control, ULONG value)
{
    return wsk_control_put(control, &value, sizeof value);
}

NTSTATUS wsk_control_flag(struct wsk_control *control, bool *flag)
{
    ULONG value;
    NTSTATUS status;

    if (control->type == WskGetOption)
        return wsk_control_put_ulong(control, *flag);
    status = wsk_control_get_ulong(control, &value);
    if (NT_SUCCESS(status))
        *flag = value != 0;
    return status;
}

static NTSTATUS option(struct wsk_socket *s, struct wsk_control *control)
{
    switch ((int)control->level) {
    case SOL_SOCKET:
        return wsk_option_socket(s, control);
    case IPPROTO_TCP:
        return wsk_option_tcp(s, control);
    case IPPROTO_UDP:
        return wsk_option_udp(s, control);
    case IPPROTO_IP:
        return wsk_option_ip(s, control);
    case IPPROTO_IPV6:
        return wsk_option_ipv6(s, control);
    default:
        return STATUS_NOT_SUPPORTED;
    }
}

static NTSTATUS answer(struct wsk_socket *s, struct wsk_control *control)
{
    if ((unsigned)control->type >= WskControlMax || (control->input == NULL && control->input_size != 0) ||
        (control->output == NULL && control->output_size != 0))
        return STATUS_INVALID_PARAMETER;
    return control->type == WskIoctl ? wsk_ioctl(s, control) : option(s, control);
}

static bool needs_passive_level(const struct wsk_control *control)
{
    return control->type == WskIoctl && (control->code == SIO_ADDRESS_LIST_QUERY || control->code == SIO_ADDRESS_LIST_CHANGE ||
                                         control->code == SIO_ADDRESS_LIST_SORT);
}

/* Sets or gets an option, or performs an I/O control operation. The IRP is needed, optional or refused by operation; when one
 * is given it is completed, IoStatus.Information being the bytes of output. *OutputSizeReturned, where given, gets the same,
 * or with STATUS_BUFFER_OVERFLOW the size that is needed. IRQL <= DISPATCH_LEVEL, PASSIVE_LEVEL for address lists.
 * STATUS_NOT_SUPPORTED: no such level, option or operation; STATUS_INVALID_PARAMETER, STATUS_BUFFER_TOO_SMALL: buffers;
 * STATUS_INVALID_DEVICE_STATE: too early or too late in the socket's life; STATUS_INVALID_DEVICE_REQUEST: not for this kind of
 * socket. docs: wsk/nc-wsk-pfn_wsk_control_socket */
NTSTATUS NTAPI wsk_do_control_socket(PWSK_SOCKET socket, WSK_CONTROL_SOCKET_TYPE type, ULONG code, ULONG level,
                                     SIZE_T input_size, PVOID input, SIZE_T output_size, PVOID output, SIZE_T *returned,
                                     PIRP irp)
{
    PIRP given = irp;
    KIRQL irql = ke_irql();
    struct wsk_socket *s = WSK_BEGIN(socket, irp, "WskControlSocket");
    struct wsk_control control = {
        .type = type, .code = code, .level = level, .input_size = input_size, .output_size = output_size,
        .input = input, .output = output, .irp = irp, .frame = __builtin_frame_address(0),
    };
    NTSTATUS status;

    if (s == NULL || (given != NULL && irp == NULL))
        return WSK_NO_CALL(s, irp);
    if (irql > PASSIVE_LEVEL && needs_passive_level(&control))
        NETIO_EMIT(NETIO_EVENT_MISUSE, "WskControlSocket is called above PASSIVE_LEVEL for an address list", socket, code,
                   control.frame);
    status = answer(s, &control);
    if (returned != NULL && (NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW || status == STATUS_BUFFER_TOO_SMALL))
        *returned = control.written;
    return wsk_end(irp, status, control.written);
}
