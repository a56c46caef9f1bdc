/* The tables of functions that drivers get. docs: network/winsock-kernel-dispatch-tables */
#include "netio/wsk_internal.h"
#include "netio/wsk_names.h"

#define BASIC .WskControlSocket = wsk_do_control_socket, .WskCloseSocket = wsk_do_close

const WSK_PROVIDER_DISPATCH wsk_provider_dispatch = {
    .Version = MAKE_WSK_VERSION(1, 0),
    .WskSocket = wsk_do_socket,
    .WskSocketConnect = wsk_do_socket_connect,
    .WskControlClient = wsk_do_control_client,
    .WskGetAddressInfo = wsk_get_address_info,
    .WskFreeAddressInfo = wsk_free_address_info,
    .WskGetNameInfo = wsk_get_name_info,
};

static const WSK_PROVIDER_BASIC_DISPATCH basic = { BASIC };

static const WSK_PROVIDER_LISTEN_DISPATCH listen = {
    BASIC,
    .WskBind = wsk_do_bind,
    .WskAccept = wsk_do_accept,
    .WskInspectComplete = wsk_do_inspect_complete,
    .WskGetLocalAddress = wsk_do_get_local,
};

static const WSK_PROVIDER_DATAGRAM_DISPATCH datagram = {
    BASIC,
    .WskBind = wsk_do_bind,
    .WskSendTo = wsk_do_send_to,
    .WskReceiveFrom = wsk_do_receive_from,
    .WskRelease = wsk_do_release_datagrams,
    .WskGetLocalAddress = wsk_do_get_local,
    .WskSendMessages = wsk_do_send_messages,
};

static const WSK_PROVIDER_CONNECTION_DISPATCH connection = {
    BASIC,
    .WskBind = wsk_do_bind,
    .WskConnect = wsk_do_connect,
    .WskGetLocalAddress = wsk_do_get_local,
    .WskGetRemoteAddress = wsk_do_get_remote,
    .WskSend = wsk_do_send,
    .WskReceive = wsk_do_receive,
    .WskDisconnect = wsk_do_disconnect,
    .WskRelease = wsk_do_release,
    .WskConnectEx = wsk_do_connect_ex,
    .WskSendEx = wsk_do_send_ex,
    .WskReceiveEx = wsk_do_receive_ex,
};

static const WSK_PROVIDER_STREAM_DISPATCH stream = {
    BASIC,
    .WskBind = wsk_do_bind,
    .WskAccept = wsk_do_accept,
    .WskConnect = wsk_do_connect,
    .WskListen = wsk_do_listen,
    .WskSend = wsk_do_send,
    .WskReceive = wsk_do_receive,
    .WskDisconnect = wsk_do_disconnect,
    .WskRelease = wsk_do_release,
    .WskGetLocalAddress = wsk_do_get_local,
    .WskGetRemoteAddress = wsk_do_get_remote,
    .WskConnectEx = wsk_do_connect_ex,
    .WskSendEx = wsk_do_send_ex,
    .WskReceiveEx = wsk_do_receive_ex,
};

const VOID *const wsk_socket_dispatch[] = {
    [WSK_BASIC] = &basic, [WSK_LISTEN] = &listen, [WSK_CONNECTION] = &connection, [WSK_DATAGRAM] = &datagram,
    [WSK_STREAM] = &stream,
};
