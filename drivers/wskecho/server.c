/* The server's thread: attaches, opens, closes what is over, takes down. */
#include "wskecho.h"

#define ATTACH_MS 500                   /* how long to wait for Winsock Kernel before looking whether to stop */

SERVER Server;

static const WSK_CLIENT_DISPATCH ClientDispatch = { MAKE_WSK_VERSION(1, 0), 0, NULL };
static KSTART_ROUTINE ServerThread;

/* --- sockets ------------------------------------------------------------------------------------------------------ */

_Use_decl_annotations_
NTSTATUS ServerEnableEvents(PWSK_SOCKET Socket, ULONG Events)
{
    const WSK_PROVIDER_BASIC_DISPATCH *dispatch = Socket->Dispatch;
    WSK_EVENT_CALLBACK_CONTROL control = { &NPI_WSK_INTERFACE_ID, Events };

    return dispatch->WskControlSocket(Socket, WskSetOption, SO_WSK_EVENT_CALLBACK, SOL_SOCKET, sizeof control, &control, 0,
                                      NULL, NULL, NULL);
}

_Use_decl_annotations_
VOID ServerCloseSocket(PWSK_SOCKET Socket, PWSK_REQUEST Request)
{
    const WSK_PROVIDER_BASIC_DISPATCH *dispatch = Socket->Dispatch;

    WskRequestWait(Request, dispatch->WskCloseSocket(Socket, WskRequestIrp(Request)));
}

/* An IPv6 socket that takes IPv4 as well. */
static NTSTATUS MakeDual(_In_ PWSK_SOCKET Socket, _Inout_ PWSK_REQUEST Request)
{
    const WSK_PROVIDER_BASIC_DISPATCH *dispatch = Socket->Dispatch;
    ULONG only = 0;

    return WskRequestWait(Request, dispatch->WskControlSocket(Socket, WskSetOption, IPV6_V6ONLY, IPPROTO_IPV6, sizeof only,
                                                              &only, 0, NULL, NULL, WskRequestIrp(Request)));
}

static NTSTATUS Bind(_In_ PWSK_SOCKET Socket, _In_ ULONG Flags, _In_ PSOCKADDR Address, _Inout_ PWSK_REQUEST Request)
{
    PIRP irp = WskRequestIrp(Request);

    if (Flags == WSK_FLAG_LISTEN_SOCKET)
        return WskRequestWait(Request,
                              ((const WSK_PROVIDER_LISTEN_DISPATCH *)Socket->Dispatch)->WskBind(Socket, Address, 0, irp));
    return WskRequestWait(Request,
                          ((const WSK_PROVIDER_DATAGRAM_DISPATCH *)Socket->Dispatch)->WskBind(Socket, Address, 0, irp));
}

_Use_decl_annotations_
NTSTATUS ServerOpenSocket(const WSK_PROVIDER_NPI *Provider, USHORT Type, ULONG Protocol, ULONG Flags, USHORT Port,
                          const VOID *Dispatch, PWSK_REQUEST Request, PWSK_SOCKET *Socket)
{
    SOCKADDR_IN6 any = { 0 };
    NTSTATUS status;

    *Socket = NULL;
    any.sin6_family = AF_INET6;
    any.sin6_port = RtlUshortByteSwap(Port);
    status = WskRequestWait(Request, Provider->Dispatch->WskSocket(Provider->Client, AF_INET6, Type, Protocol, Flags, NULL,
                                                                   Dispatch, NULL, NULL, NULL, WskRequestIrp(Request)));
    if (!NT_SUCCESS(status))
        return status;
    *Socket = (PWSK_SOCKET)Request->Irp->IoStatus.Information;
    status = MakeDual(*Socket, Request);
    if (NT_SUCCESS(status))
        status = Bind(*Socket, Flags, (PSOCKADDR)&any, Request);
    if (!NT_SUCCESS(status)) {
        ServerCloseSocket(*Socket, Request);
        *Socket = NULL;
    }
    return status;
}

/* --- the thread --------------------------------------------------------------------------------------------------- */

static PCONNECTION TakeEnded(VOID)
{
    PCONNECTION connection = NULL;
    KLOCK_QUEUE_HANDLE lock;

    KeAcquireInStackQueuedSpinLock(&Server.Lock, &lock);
    if (!IsListEmpty(&Server.Ended))
        connection = ConnectionFromEntry(RemoveHeadList(&Server.Ended));
    KeReleaseInStackQueuedSpinLock(&lock);
    return connection;
}

static VOID CloseEnded(_Inout_ PWSK_REQUEST Request)
{
    PCONNECTION connection;

    while ((connection = TakeEnded()) != NULL)
        ConnectionDestroy(connection, Request);
}

static VOID EndAll(VOID)
{
    for (;;) {
        PCONNECTION connection = NULL;
        KLOCK_QUEUE_HANDLE lock;

        KeAcquireInStackQueuedSpinLock(&Server.Lock, &lock);
        if (!IsListEmpty(&Server.Open))
            connection = ConnectionFromEntry(Server.Open.Flink);
        KeReleaseInStackQueuedSpinLock(&lock);
        if (!connection)
            return;
        ConnectionEnd(connection);
    }
}

static VOID Serve(_In_ const WSK_PROVIDER_NPI *Provider, _Inout_ PWSK_REQUEST Request)
{
    PWSK_SOCKET listener = NULL, datagrams = NULL;
    NTSTATUS tcp = ListenerOpen(Provider, Server.Port, Request, &listener);
    NTSTATUS udp = DatagramOpen(Provider, Server.Port, Request, &datagrams);

    if (NT_SUCCESS(tcp) && NT_SUCCESS(udp))
        DbgPrint("wskecho: echoes TCP and UDP on port %u\n", Server.Port);
    else
        DbgPrint("wskecho: port %u: TCP 0x%08x, UDP 0x%08x\n", Server.Port, tcp, udp);
    while (!Server.Stopping) {
        KeWaitForSingleObject(&Server.Wake, Executive, KernelMode, FALSE, NULL);
        CloseEnded(Request);
    }
    if (NT_SUCCESS(tcp))
        ServerCloseSocket(listener, Request);
    EndAll();
    CloseEnded(Request);
    if (NT_SUCCESS(udp))
        DatagramClose(datagrams, Request);
}

_Use_decl_annotations_
static VOID ServerThread(PVOID StartContext)
{
    WSK_PROVIDER_NPI provider;
    WSK_REQUEST request;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(StartContext);
    do
        status = WskCaptureProviderNPI(&Server.Registration, ATTACH_MS, &provider);
    while (!NT_SUCCESS(status) && !Server.Stopping);
    if (NT_SUCCESS(status)) {
        if (NT_SUCCESS(WskRequestCreate(&request))) {
            Serve(&provider, &request);
            WskRequestDestroy(&request);
        }
        WskReleaseProviderNPI(&Server.Registration);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* --- start and stop ----------------------------------------------------------------------------------------------- */

static NTSTATUS StartThread(VOID)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE thread;
    NTSTATUS status;

    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, &attributes, NULL, NULL, ServerThread, NULL);
    if (!NT_SUCCESS(status))
        return status;
    ObReferenceObjectByHandle(thread, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, (PVOID *)&Server.Thread, NULL);
    ZwClose(thread);
    return STATUS_SUCCESS;
}

_Use_decl_annotations_
NTSTATUS ServerStart(ULONG Port)
{
    WSK_CLIENT_NPI client = { NULL, &ClientDispatch };
    NTSTATUS status;

    Server.Port = Port >= 1 && Port <= 65535 ? (USHORT)Port : DEFAULT_PORT;
    KeInitializeEvent(&Server.Wake, SynchronizationEvent, FALSE);
    KeInitializeSpinLock(&Server.Lock);
    InitializeListHead(&Server.Open);
    InitializeListHead(&Server.Ended);
    EchoPoolCreate();
    status = WskRegister(&client, &Server.Registration);
    if (!NT_SUCCESS(status))
        return status;
    status = StartThread();
    if (!NT_SUCCESS(status))
        WskDeregister(&Server.Registration);
    return status;
}

_Use_decl_annotations_
VOID ServerStop(VOID)
{
    Server.Stopping = TRUE;
    KeSetEvent(&Server.Wake, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(Server.Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Server.Thread);
    WskDeregister(&Server.Registration);
    EchoPoolDestroy();
    DbgPrint("wskecho: %lld connections, %lld refused, %lld bytes; %lld datagrams, %lld bytes\n", Server.Accepted,
             Server.Refused, Server.TcpBytes, Server.Datagrams, Server.UdpBytes);
}
