/* Loading, the thread that measures, unloading. */
#include "wskload.h"

#define ATTACH_MS 500
#define CONNECT_TRIES 50

LOAD Load;

static const WSK_CLIENT_DISPATCH ClientDispatch = { MAKE_WSK_VERSION(1, 0), 0, NULL };

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static KSTART_ROUTINE LoadThread;

/* --- parameters ---------------------------------------------------------------------------------------------------------- */

static VOID ReadParameters(_In_ PUNICODE_STRING RegistryPath)
{
    static const struct {
        PWSTR Name;
        PULONG Value;
        ULONG Default, Minimum, Maximum;
    } values[] = {
        { L"Address", &Load.Address, 0x7f000001, 1, MAXULONG },
        { L"Port", &Load.Port, 7, 1, 65535 },
        { L"Connections", &Load.Connections, 1, 1, 1000 },
        { L"Size", &Load.Size, 64, 1, 1 << 20 },
        { L"Depth", &Load.Depth, 1, 1, DEPTH_MAX },
        { L"Milliseconds", &Load.Milliseconds, 1000, 1, 1000000 },
    };
    RTL_QUERY_REGISTRY_TABLE table[ARRAYSIZE(values) + 2] = { 0 };

    table[0].Flags = RTL_QUERY_REGISTRY_SUBKEY;
    table[0].Name = L"Parameters";
    for (ULONG i = 0; i < ARRAYSIZE(values); i++) {
        *values[i].Value = values[i].Default;
        table[i + 1].Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK;
        table[i + 1].Name = values[i].Name;
        table[i + 1].EntryContext = values[i].Value;
        table[i + 1].DefaultType = (REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_NONE;
    }
    RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, RegistryPath->Buffer, table, NULL, NULL);
    for (ULONG i = 0; i < ARRAYSIZE(values); i++)
        if (*values[i].Value < values[i].Minimum || *values[i].Value > values[i].Maximum)
            *values[i].Value = values[i].Default;
}

/* --- the measurement ----------------------------------------------------------------------------------------------------- */

/* FALSE: the driver is to stop. */
static BOOLEAN Sleep(_In_ ULONG Milliseconds)
{
    LARGE_INTEGER due;

    due.QuadPart = -10000LL * Milliseconds;
    return KeWaitForSingleObject(&Load.Stop, Executive, KernelMode, FALSE, &due) == STATUS_TIMEOUT;
}

/* The server may still be on its way up. */
static NTSTATUS Connect(_Inout_ PPEER Peer, _Inout_ PWSK_REQUEST Request)
{
    NTSTATUS status = PeerConnect(Peer, Request);

    for (ULONG n = 0; n < CONNECT_TRIES && !NT_SUCCESS(status) && !Peer->Socket && Sleep(100); n++)
        status = PeerConnect(Peer, Request);
    return status;
}

static ULONG64 BytesBack(_Out_ PULONG Failed)
{
    ULONG64 bytes = 0;

    *Failed = 0;
    for (ULONG i = 0; i < Load.Connections; i++) {
        bytes += Load.Peers[i].Received;
        *Failed += Load.Peers[i].Failed;
    }
    return bytes;
}

static VOID Measure(VOID)
{
    ULONG failed;
    ULONG64 bytes = BytesBack(&failed), started, ended;

    started = KeQueryPerformanceCounter(NULL).QuadPart;
    Sleep(Load.Milliseconds);
    ended = KeQueryPerformanceCounter(NULL).QuadPart;
    bytes = BytesBack(&failed) - bytes;
    LARGE_INTEGER frequency;
    KeQueryPerformanceCounter(&frequency);
    ULONG64 ns = (ended - started) * (1000000000ULL / frequency.QuadPart), messages = bytes / Load.Size;
    DbgPrint("wskload: %u connections of %u bytes, depth %u: %llu messages, %llu ns each, %llu MB/s, %u failed\n",
             Load.Connections, Load.Size, Load.Depth, messages, messages ? ns / messages : 0,
             ns ? bytes * 1000 / ns : 0, failed);
}

static VOID Run(_Inout_ PWSK_REQUEST Request)
{
    NTSTATUS status = STATUS_SUCCESS;
    ULONG ready = 0;

    for (; ready < Load.Connections && NT_SUCCESS(status); ready++) {
        status = PeerCreate(&Load.Peers[ready]);
        if (NT_SUCCESS(status))
            status = Connect(&Load.Peers[ready], Request);
    }
    if (NT_SUCCESS(status)) {
        for (ULONG i = 0; i < ready; i++)
            PeerStart(&Load.Peers[i]);
        Sleep(Load.Milliseconds / 10);
        Measure();
    } else {
        DbgPrint("wskload: no connection (status 0x%08x)\n", status);
    }
    while (ready-- > 0)
        PeerDestroy(&Load.Peers[ready], Request);
}

_Use_decl_annotations_
static VOID LoadThread(PVOID StartContext)
{
    WSK_REQUEST request;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(StartContext);
    do
        status = WskCaptureProviderNPI(&Load.Registration, ATTACH_MS, &Load.Provider);
    while (!NT_SUCCESS(status) && !KeReadStateEvent(&Load.Stop));
    if (NT_SUCCESS(status)) {
        if (NT_SUCCESS(WskRequestCreate(&request))) {
            Run(&request);
            WskRequestDestroy(&request);
        }
        WskReleaseProviderNPI(&Load.Registration);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* --- loading and unloading ------------------------------------------------------------------------------------------------- */

static VOID FreeMemory(VOID)
{
    if (Load.Mdl)
        IoFreeMdl(Load.Mdl);
    if (Load.Pattern)
        ExFreePoolWithTag(Load.Pattern, WSKLOAD_TAG);
    if (Load.Peers)
        ExFreePoolWithTag(Load.Peers, WSKLOAD_TAG);
}

static NTSTATUS AllocateMemory(VOID)
{
    Load.Peers = ExAllocatePool2(POOL_FLAG_NON_PAGED, Load.Connections * sizeof(PEER), WSKLOAD_TAG);
    Load.Pattern = ExAllocatePool2(POOL_FLAG_NON_PAGED, 2 * Load.Size, WSKLOAD_TAG);
    if (Load.Pattern)
        Load.Mdl = IoAllocateMdl(Load.Pattern, Load.Size, FALSE, FALSE, NULL);
    if (!Load.Peers || !Load.Mdl)
        return STATUS_INSUFFICIENT_RESOURCES;
    MmBuildMdlForNonPagedPool(Load.Mdl);
    for (ULONG i = 0; i < Load.Size; i++)
        Load.Pattern[i] = Load.Pattern[Load.Size + i] = (UCHAR)(i * 7 + i / 251);
    return STATUS_SUCCESS;
}

static NTSTATUS StartThread(VOID)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE thread;
    NTSTATUS status;

    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, &attributes, NULL, NULL, LoadThread, NULL);
    if (!NT_SUCCESS(status))
        return status;
    ObReferenceObjectByHandle(thread, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, (PVOID *)&Load.Thread, NULL);
    ZwClose(thread);
    return STATUS_SUCCESS;
}

_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WSK_CLIENT_NPI client = { NULL, &ClientDispatch };
    NTSTATUS status;

    DriverObject->DriverUnload = Unload;
    ReadParameters(RegistryPath);
    KeInitializeEvent(&Load.Stop, NotificationEvent, FALSE);
    status = AllocateMemory();
    if (NT_SUCCESS(status))
        status = WskRegister(&client, &Load.Registration);
    if (!NT_SUCCESS(status)) {
        FreeMemory();
        return status;
    }
    status = StartThread();
    if (!NT_SUCCESS(status)) {
        WskDeregister(&Load.Registration);
        FreeMemory();
    }
    return status;
}

_Use_decl_annotations_
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    KeSetEvent(&Load.Stop, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(Load.Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Load.Thread);
    WskDeregister(&Load.Registration);
    FreeMemory();
}
