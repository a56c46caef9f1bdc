/* A Winsock Kernel client for tests: registered in the driver's setup, calls that wait for their IRP, buffers. */
#ifndef TESTS_GUEST_WSK_HELPERS_H
#define TESTS_GUEST_WSK_HELPERS_H

#include <ntddk.h>
#include <wsk.h>

#include "helpers.h"

#define WSK_TEST_TAG 'tksW'

static WSK_REGISTRATION Registration;
static WSK_PROVIDER_NPI Npi;
static const WSK_CLIENT_DISPATCH ClientDispatch = {MAKE_WSK_VERSION(1, 0), 0, NULL};

static inline NTSTATUS OpenWsk(void)
{
    WSK_CLIENT_NPI client = {NULL, &ClientDispatch};
    NTSTATUS status = WskRegister(&client, &Registration);

    if (NT_SUCCESS(status))
        status = WskCaptureProviderNPI(&Registration, WSK_INFINITE_WAIT, &Npi);
    return status;
}

static inline void CloseWsk(void)
{
    WskReleaseProviderNPI(&Registration);
    WskDeregister(&Registration);
}

/* --- calls ---- */

typedef struct _CALL {
    PIRP Irp;
    KEVENT Done;
    LONG Completions;
    KIRQL Irql;
} CALL;

static NTSTATUS NTAPI CallCompleted(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    CALL *call = (CALL *)context;

    call->Irql = KeGetCurrentIrql();
    InterlockedIncrement(&call->Completions);
    KeSetEvent(&call->Done, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static inline PIRP Begin(CALL *call)
{
    RtlZeroMemory(call, sizeof(*call));
    KeInitializeEvent(&call->Done, NotificationEvent, FALSE);
    call->Irp = IoAllocateIrp(1, FALSE);
    if (call->Irp != NULL)
        IoSetCompletionRoutine(call->Irp, CallCompleted, call, TRUE, TRUE, TRUE);
    return call->Irp;
}

/* Waits for the IRP; the status it was completed with. */
static inline NTSTATUS Finish(CALL *call, ULONG_PTR *information)
{
    NTSTATUS status = STATUS_IO_TIMEOUT;

    if (WaitMs(&call->Done, 60000) == STATUS_SUCCESS) {
        status = call->Irp->IoStatus.Status;
        if (information != NULL)
            *information = call->Irp->IoStatus.Information;
    }
    EXPECT_EQ(call->Completions, 1);
    EXPECT(call->Irql <= DISPATCH_LEVEL);
    IoFreeIrp(call->Irp);
    return status;
}

static inline NTSTATUS FinishReturned(CALL *call, NTSTATUS returned, ULONG_PTR *information)
{
    NTSTATUS status = Finish(call, information);

    /* What is not STATUS_PENDING is what the IRP is completed with. */
    if (returned != STATUS_PENDING)
        EXPECT_EQ(returned, status);
    return status;
}

static inline BOOLEAN IsDone(CALL *call)
{
    return (BOOLEAN)(Poll(&call->Done) == STATUS_SUCCESS);
}

/* SYNC(&information, Dispatch->WskBind(Socket, Address, 0, Irp)): the status of the completed IRP. */
#define SYNC(information, call)                        \
    ({                                                 \
        CALL call_;                                    \
        PIRP Irp = Begin(&call_);                      \
        Irp == NULL ? STATUS_INSUFFICIENT_RESOURCES    \
                    : FinishReturned(&call_, (call), (information)); \
    })

#define LISTEN(socket) ((const WSK_PROVIDER_LISTEN_DISPATCH *)(socket)->Dispatch)
#define CONNECTION(socket) ((const WSK_PROVIDER_CONNECTION_DISPATCH *)(socket)->Dispatch)
#define DATAGRAM(socket) ((const WSK_PROVIDER_DATAGRAM_DISPATCH *)(socket)->Dispatch)
#define STREAM(socket) ((const WSK_PROVIDER_STREAM_DISPATCH *)(socket)->Dispatch)
#define BASIC(socket) ((const WSK_PROVIDER_BASIC_DISPATCH *)(socket)->Dispatch)

/* --- sockets ---- */

static inline PWSK_SOCKET NewSocket(ADDRESS_FAMILY family, USHORT type, ULONG protocol, ULONG flags, PVOID context,
                                    const VOID *dispatch)
{
    ULONG_PTR socket = 0;

    NTSTATUS status = SYNC(&socket, Npi.Dispatch->WskSocket(Npi.Client, family, type, protocol, flags, context, dispatch, NULL, NULL,
                                                            NULL, Irp));

    return NT_SUCCESS(status) ? (PWSK_SOCKET)socket : NULL;
}

static inline NTSTATUS CloseSocket(PWSK_SOCKET socket)
{
    return SYNC(NULL, BASIC(socket)->WskCloseSocket(socket, Irp));
}

static inline USHORT Swap(USHORT value)
{
    return (USHORT)(value << 8 | value >> 8);
}

typedef union _ADDRESS {
    SOCKADDR Any;
    SOCKADDR_IN V4;
    SOCKADDR_IN6 V6;
} ADDRESS;

/* 127.0.0.1 or ::1, and the wildcard with port 0. */
static inline PSOCKADDR Loopback(ADDRESS *address, ADDRESS_FAMILY family, USHORT port)
{
    RtlZeroMemory(address, sizeof(*address));
    address->Any.sa_family = family;
    address->V4.sin_port = Swap(port);
    if (family == AF_INET)
        address->V4.sin_addr.S_un.S_addr = 0x0100007f;
    else
        ((UCHAR *)&address->V6.sin6_addr)[15] = 1;
    return &address->Any;
}

static inline PSOCKADDR Wildcard(ADDRESS *address, ADDRESS_FAMILY family, USHORT port)
{
    RtlZeroMemory(address, sizeof(*address));
    address->Any.sa_family = family;
    address->V4.sin_port = Swap(port);
    return &address->Any;
}

static inline USHORT PortOf(PWSK_SOCKET socket, ULONG category)
{
    ADDRESS address;
    NTSTATUS status = category == WSK_FLAG_DATAGRAM_SOCKET ? SYNC(NULL, DATAGRAM(socket)->WskGetLocalAddress(socket, &address.Any, Irp))
                      : category == WSK_FLAG_LISTEN_SOCKET ? SYNC(NULL, LISTEN(socket)->WskGetLocalAddress(socket, &address.Any, Irp))
                                                           : SYNC(NULL, CONNECTION(socket)->WskGetLocalAddress(socket, &address.Any, Irp));

    EXPECT_EQ(status, STATUS_SUCCESS);
    return Swap(address.V4.sin_port);
}

static inline NTSTATUS SetUlong(PWSK_SOCKET socket, ULONG level, ULONG option, ULONG value)
{
    return SYNC(NULL, BASIC(socket)->WskControlSocket(socket, WskSetOption, option, level, sizeof(value), &value, 0, NULL, NULL, Irp));
}

static inline NTSTATUS GetUlong(PWSK_SOCKET socket, ULONG level, ULONG option, ULONG *value)
{
    return SYNC(NULL, BASIC(socket)->WskControlSocket(socket, WskGetOption, option, level, 0, NULL, sizeof(*value), value, NULL, Irp));
}

static inline NTSTATUS SetEvents(PWSK_SOCKET socket, ULONG mask)
{
    WSK_EVENT_CALLBACK_CONTROL control = {&NPI_WSK_INTERFACE_ID, mask};

    return BASIC(socket)->WskControlSocket(socket, WskSetOption, SO_WSK_EVENT_CALLBACK, SOL_SOCKET, sizeof(control), &control, 0,
                                           NULL, NULL, NULL);
}

/* A bound listening socket on the loopback address; *port: where. */
static inline PWSK_SOCKET NewListener(ADDRESS_FAMILY family, PVOID context, const WSK_CLIENT_LISTEN_DISPATCH *dispatch, USHORT *port)
{
    PWSK_SOCKET socket = NewSocket(family, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_LISTEN_SOCKET, context, dispatch);
    ADDRESS address;

    if (socket == NULL)
        return NULL;
    EXPECT_EQ(SYNC(NULL, LISTEN(socket)->WskBind(socket, Loopback(&address, family, 0), 0, Irp)), STATUS_SUCCESS);
    *port = PortOf(socket, WSK_FLAG_LISTEN_SOCKET);
    return socket;
}

static inline PWSK_SOCKET Connect(ADDRESS_FAMILY family, USHORT port, PVOID context, const WSK_CLIENT_CONNECTION_DISPATCH *dispatch)
{
    ADDRESS local, remote;
    ULONG_PTR socket = 0;
    NTSTATUS status = SYNC(&socket, Npi.Dispatch->WskSocketConnect(Npi.Client, SOCK_STREAM, IPPROTO_TCP, Wildcard(&local, family, 0),
                                                                   Loopback(&remote, family, port), 0, context, dispatch, NULL, NULL,
                                                                   NULL, Irp));

    return NT_SUCCESS(status) ? (PWSK_SOCKET)socket : NULL;
}

static inline PWSK_SOCKET Accept(PWSK_SOCKET listener, PVOID context, const WSK_CLIENT_CONNECTION_DISPATCH *dispatch)
{
    ULONG_PTR socket = 0;

    if (!NT_SUCCESS(SYNC(&socket, LISTEN(listener)->WskAccept(listener, 0, context, dispatch, NULL, NULL, Irp))))
        return NULL;
    return (PWSK_SOCKET)socket;
}

typedef struct _PAIR {
    PWSK_SOCKET Listener, Client, Server;
    USHORT Port;
} PAIR;

static inline void ClosePair(PAIR *pair)
{
    if (pair->Client != NULL)
        EXPECT_EQ(CloseSocket(pair->Client), STATUS_SUCCESS);
    if (pair->Server != NULL)
        EXPECT_EQ(CloseSocket(pair->Server), STATUS_SUCCESS);
    if (pair->Listener != NULL)
        EXPECT_EQ(CloseSocket(pair->Listener), STATUS_SUCCESS);
}

/* A connection over loopback; callbacks are the server's. */
static inline BOOLEAN OpenPair(PAIR *pair, ADDRESS_FAMILY family, PVOID context, const WSK_CLIENT_CONNECTION_DISPATCH *dispatch)
{
    RtlZeroMemory(pair, sizeof(*pair));
    pair->Listener = NewListener(family, NULL, NULL, &pair->Port);
    if (pair->Listener == NULL)
        return FALSE;
    pair->Client = Connect(family, pair->Port, NULL, NULL);
    pair->Server = pair->Client != NULL ? Accept(pair->Listener, context, dispatch) : NULL;
    if (pair->Server != NULL)
        return TRUE;
    ClosePair(pair);
    return FALSE;
}

/* --- buffers ---- */

typedef struct _BUFFER {
    PUCHAR Data;
    WSK_BUF Wsk;
} BUFFER;

/* Nonpaged memory and its MDL. */
static inline BOOLEAN OpenBuffer(BUFFER *buffer, SIZE_T size)
{
    RtlZeroMemory(buffer, sizeof(*buffer));
    buffer->Data = (PUCHAR)ExAllocatePool2(POOL_FLAG_NON_PAGED, size, WSK_TEST_TAG);
    if (buffer->Data == NULL)
        return FALSE;
    buffer->Wsk.Mdl = IoAllocateMdl(buffer->Data, (ULONG)size, FALSE, FALSE, NULL);
    if (buffer->Wsk.Mdl == NULL) {
        ExFreePoolWithTag(buffer->Data, WSK_TEST_TAG);
        return FALSE;
    }
    MmBuildMdlForNonPagedPool(buffer->Wsk.Mdl);
    buffer->Wsk.Length = size;
    return TRUE;
}

static inline void CloseBuffer(BUFFER *buffer)
{
    if (buffer->Wsk.Mdl != NULL)
        IoFreeMdl(buffer->Wsk.Mdl);
    if (buffer->Data != NULL)
        ExFreePoolWithTag(buffer->Data, WSK_TEST_TAG);
}

static inline NTSTATUS Send(PWSK_SOCKET socket, const char *text)
{
    ULONG_PTR sent = 0;
    SIZE_T size = strlen(text);
    BUFFER buffer;
    NTSTATUS status;

    if (!OpenBuffer(&buffer, size))
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(buffer.Data, text, size);
    status = SYNC(&sent, CONNECTION(socket)->WskSend(socket, &buffer.Wsk, 0, Irp));
    if (NT_SUCCESS(status))
        EXPECT_EQ(sent, size);
    CloseBuffer(&buffer);
    return status;
}

/* Receives once; the text is terminated. */
static inline NTSTATUS Receive(PWSK_SOCKET socket, char *text, SIZE_T size, ULONG flags, ULONG_PTR *received)
{
    BUFFER buffer;
    NTSTATUS status;

    *received = 0;
    if (!OpenBuffer(&buffer, size))
        return STATUS_INSUFFICIENT_RESOURCES;
    status = SYNC(received, CONNECTION(socket)->WskReceive(socket, &buffer.Wsk, flags, Irp));
    RtlCopyMemory(text, buffer.Data, *received);
    text[*received] = 0;
    CloseBuffer(&buffer);
    return status;
}

/* The bytes of one datagram of at most 63, terminated in `text[64]` unless that is NULL; 0 when none comes in 100 ms. */
static inline ULONG ReceiveDatagram(PWSK_SOCKET socket, char *text)
{
    ULONG_PTR got = 0;
    ADDRESS from;
    BUFFER buffer;
    CALL call;
    ULONG flags = 0, control = 0;
    PIRP irp;

    if (!OpenBuffer(&buffer, 63))
        return 0;
    irp = Begin(&call);
    DATAGRAM(socket)->WskReceiveFrom(socket, &buffer.Wsk, 0, &from.Any, &control, NULL, &flags, irp);
    if (WaitMs(&call.Done, 100) != STATUS_SUCCESS)
        IoCancelIrp(irp);
    if (!NT_SUCCESS(Finish(&call, &got)))
        got = 0;
    if (text != NULL) {
        RtlCopyMemory(text, buffer.Data, got);
        text[got] = 0;
    }
    CloseBuffer(&buffer);
    return (ULONG)got;
}

#endif
