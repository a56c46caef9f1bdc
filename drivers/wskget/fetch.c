/* The thread that fetches. */
#include "wskget.h"

#define ATTACH_MS 500

FETCH Fetch;

static const WSK_CLIENT_DISPATCH ClientDispatch = { MAKE_WSK_VERSION(1, 0), 0, NULL };
static KSTART_ROUTINE FetchThread;

/* What one fetch works with. */
typedef struct _SESSION {
    WSK_PROVIDER_NPI Provider;
    WSK_REQUEST Request;
    PUCHAR Buffer;
    PMDL Mdl;
    HTTP_ANSWER Answer;
    ULONG64 Started;                    /* interrupt time, 100 ns */
} SESSION, *PSESSION;

static NTSTATUS Wait(_Inout_ PSESSION Session, _In_ NTSTATUS Returned)
{
    return WskRequestWaitUnless(&Session->Request, Returned, &Fetch.Stop);
}

static BOOLEAN Stopping(VOID)
{
    return KeReadStateEvent(&Fetch.Stop) != 0;
}

/* --- one connection ------------------------------------------------------------------------------------------------------ */

static VOID Close(_Inout_ PSESSION Session, _In_ PWSK_SOCKET Socket)
{
    const WSK_PROVIDER_BASIC_DISPATCH *dispatch = Socket->Dispatch;

    WskRequestWait(&Session->Request, dispatch->WskCloseSocket(Socket, WskRequestIrp(&Session->Request)));
}

static NTSTATUS Connect(_Inout_ PSESSION Session, _In_ const ADDRINFOEXW *Address, _Outptr_ PWSK_SOCKET *Socket)
{
    SOCKADDR_STORAGE any = { 0 };
    NTSTATUS status;

    any.ss_family = (ADDRESS_FAMILY)Address->ai_family;
    status = Wait(Session, Session->Provider.Dispatch->WskSocketConnect(
                               Session->Provider.Client, SOCK_STREAM, IPPROTO_TCP, (PSOCKADDR)&any, Address->ai_addr, 0, NULL,
                               NULL, NULL, NULL, NULL, WskRequestIrp(&Session->Request)));
    *Socket = NT_SUCCESS(status) ? (PWSK_SOCKET)Session->Request.Irp->IoStatus.Information : NULL;
    return status;
}

static NTSTATUS Ask(_Inout_ PSESSION Session, _In_ PWSK_SOCKET Socket)
{
    const WSK_PROVIDER_CONNECTION_DISPATCH *dispatch = Socket->Dispatch;
    WSK_BUF buffer = { Session->Mdl, 0, HttpWriteRequest((PCHAR)Session->Buffer, BUFFER_SIZE, Fetch.Host, Fetch.Path) };

    if (buffer.Length == 0)
        return STATUS_INVALID_PARAMETER;
    return Wait(Session, dispatch->WskSend(Socket, &buffer, 0, WskRequestIrp(&Session->Request)));
}

/* To the end of what the server sends. */
static NTSTATUS Read(_Inout_ PSESSION Session, _In_ PWSK_SOCKET Socket)
{
    const WSK_PROVIDER_CONNECTION_DISPATCH *dispatch = Socket->Dispatch;
    WSK_BUF buffer = { Session->Mdl, 0, BUFFER_SIZE };
    NTSTATUS status;

    HttpBegin(&Session->Answer);
    do {
        status = Wait(Session, dispatch->WskReceive(Socket, &buffer, 0, WskRequestIrp(&Session->Request)));
        if (!NT_SUCCESS(status))
            return status;
        HttpAdd(&Session->Answer, Session->Buffer, Session->Request.Irp->IoStatus.Information);
    } while (Session->Request.Irp->IoStatus.Information != 0 && !Session->Answer.Malformed);
    return STATUS_SUCCESS;
}

static NTSTATUS FetchFrom(_Inout_ PSESSION Session, _In_ const ADDRINFOEXW *Address)
{
    const WSK_PROVIDER_CONNECTION_DISPATCH *dispatch;
    PWSK_SOCKET socket;
    NTSTATUS status = Connect(Session, Address, &socket);

    if (!NT_SUCCESS(status))
        return status;
    status = Ask(Session, socket);
    if (NT_SUCCESS(status))
        status = Read(Session, socket);
    if (NT_SUCCESS(status)) {
        dispatch = socket->Dispatch;
        WskRequestWait(&Session->Request,
                       dispatch->WskDisconnect(socket, NULL, 0, WskRequestIrp(&Session->Request)));
    }
    Close(Session, socket);
    return status;
}

/* --- the whole ----------------------------------------------------------------------------------------------------------- */

static VOID Report(_Inout_ PSESSION Session)
{
    static const CHAR digits[] = "0123456789abcdef";
    PHTTP_ANSWER answer = &Session->Answer;
    ULONG64 ms = (KeQueryInterruptTime() - Session->Started) / 10000;
    UCHAR digest[SHA256_SIZE];
    CHAR text[2 * SHA256_SIZE + 1];

    if (answer->Malformed || !answer->InBody) {
        DbgPrint("wskget: the answer is not HTTP\n");
        return;
    }
    Sha256End(&answer->Hash, digest);
    for (ULONG i = 0; i < SHA256_SIZE; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[2 * SHA256_SIZE] = 0;
    if (answer->Expected >= 0 && answer->Expected != answer->Received)
        DbgPrint("wskget: cut off after %lld of %lld bytes\n", answer->Received, answer->Expected);
    else
        DbgPrint("wskget: status %u, %lld bytes in %llu ms, sha256 %s\n", answer->Code, answer->Received, ms, text);
}

static NTSTATUS Resolve(_Inout_ PSESSION Session, _Outptr_ PADDRINFOEXW *Addresses)
{
    ADDRINFOEXW hints = { 0 };
    UNICODE_STRING host, port;
    WCHAR digits[8];

    RtlInitUnicodeString(&host, Fetch.Host);
    port.Buffer = digits;
    port.Length = 0;
    port.MaximumLength = sizeof digits;
    RtlIntegerToUnicodeString(Fetch.Port, 10, &port);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_protocol = IPPROTO_TCP;
    return Wait(Session, Session->Provider.Dispatch->WskGetAddressInfo(Session->Provider.Client, &host, &port, NS_ALL, NULL,
                                                                       &hints, Addresses, NULL, NULL,
                                                                       WskRequestIrp(&Session->Request)));
}

static VOID FetchFile(_Inout_ PSESSION Session)
{
    PADDRINFOEXW addresses = NULL;
    NTSTATUS status;

    Session->Started = KeQueryInterruptTime();
    status = Resolve(Session, &addresses);
    if (!NT_SUCCESS(status)) {
        DbgPrint("wskget: cannot resolve %ws (status 0x%08x)\n", Fetch.Host, status);
        return;
    }
    status = STATUS_UNSUCCESSFUL;
    for (PADDRINFOEXW a = addresses; a && !NT_SUCCESS(status) && !Stopping(); a = a->ai_next)
        status = FetchFrom(Session, a);
    if (NT_SUCCESS(status))
        Report(Session);
    else
        DbgPrint("wskget: cannot fetch %ws from %ws (status 0x%08x)\n", Fetch.Path, Fetch.Host, status);
    Session->Provider.Dispatch->WskFreeAddressInfo(Session->Provider.Client, addresses);
}

static BOOLEAN SessionCreate(_Out_ PSESSION Session)
{
    RtlZeroMemory(Session, sizeof *Session);
    if (!NT_SUCCESS(WskRequestCreate(&Session->Request)))
        return FALSE;
    Session->Buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, BUFFER_SIZE, WSKGET_TAG);
    if (Session->Buffer)
        Session->Mdl = IoAllocateMdl(Session->Buffer, BUFFER_SIZE, FALSE, FALSE, NULL);
    if (!Session->Mdl)
        return FALSE;
    MmBuildMdlForNonPagedPool(Session->Mdl);
    return TRUE;
}

static VOID SessionDestroy(_Inout_ PSESSION Session)
{
    if (Session->Mdl)
        IoFreeMdl(Session->Mdl);
    if (Session->Buffer)
        ExFreePoolWithTag(Session->Buffer, WSKGET_TAG);
    WskRequestDestroy(&Session->Request);
    ExFreePoolWithTag(Session, WSKGET_TAG);
}

_Use_decl_annotations_
static VOID FetchThread(PVOID StartContext)
{
    PSESSION session = StartContext;
    NTSTATUS status;

    do
        status = WskCaptureProviderNPI(&Fetch.Registration, ATTACH_MS, &session->Provider);
    while (!NT_SUCCESS(status) && !Stopping());
    if (NT_SUCCESS(status)) {
        FetchFile(session);
        WskReleaseProviderNPI(&Fetch.Registration);
    }
    SessionDestroy(session);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* --- start and stop -------------------------------------------------------------------------------------------------------- */

static NTSTATUS StartThread(VOID)
{
    PSESSION session = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof *session, WSKGET_TAG);
    OBJECT_ATTRIBUTES attributes;
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
    HANDLE thread;

    if (!session)
        return status;
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    if (SessionCreate(session))
        status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, &attributes, NULL, NULL, FetchThread, session);
    if (!NT_SUCCESS(status)) {
        SessionDestroy(session);
        return status;
    }
    ObReferenceObjectByHandle(thread, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, (PVOID *)&Fetch.Thread, NULL);
    ZwClose(thread);
    return STATUS_SUCCESS;
}

_Use_decl_annotations_
NTSTATUS FetchStart(VOID)
{
    WSK_CLIENT_NPI client = { NULL, &ClientDispatch };
    NTSTATUS status;

    KeInitializeEvent(&Fetch.Stop, NotificationEvent, FALSE);
    status = WskRegister(&client, &Fetch.Registration);
    if (!NT_SUCCESS(status))
        return status;
    status = StartThread();
    if (!NT_SUCCESS(status))
        WskDeregister(&Fetch.Registration);
    return status;
}

_Use_decl_annotations_
VOID FetchStop(VOID)
{
    KeSetEvent(&Fetch.Stop, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(Fetch.Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Fetch.Thread);
    WskDeregister(&Fetch.Registration);
}
