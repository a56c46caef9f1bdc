/* Where connects go. */
#include "redirect.h"

#include <ip2string.h>

TARGET Target;

_Use_decl_annotations_
NTSTATUS TargetRead(PUNICODE_STRING RegistryPath)
{
    static WCHAR text[64];
    UNICODE_STRING address = { 0, sizeof text - sizeof(WCHAR), text };
    ULONG port = 0, targetPort = 0;
    RTL_QUERY_REGISTRY_TABLE table[5] = { 0 };
    PCWSTR end;
    NTSTATUS status;

    table[0].Flags = RTL_QUERY_REGISTRY_SUBKEY;
    table[0].Name = L"Parameters";
    table[1].Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK | RTL_QUERY_REGISTRY_REQUIRED;
    table[1].Name = L"Target";
    table[1].EntryContext = &address;
    table[1].DefaultType = (REG_SZ << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_NONE;
    table[2].Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK | RTL_QUERY_REGISTRY_REQUIRED;
    table[2].Name = L"Port";
    table[2].EntryContext = &port;
    table[2].DefaultType = (REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_NONE;
    table[3] = table[2];
    table[3].Name = L"TargetPort";
    table[3].EntryContext = &targetPort;
    status = RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, RegistryPath->Buffer, table, NULL, NULL);
    if (!NT_SUCCESS(status))
        return status;
    if (!port || port > 65535 || !targetPort || targetPort > 65535)
        return STATUS_INVALID_PARAMETER;
    Target.Port = (USHORT)port;
    Target.To.sin_family = AF_INET;
    Target.To.sin_port = RtlUshortByteSwap((USHORT)targetPort);
    return RtlIpv4StringToAddressW(text, TRUE, &end, &Target.To.sin_addr);
}

static VOID Change(_Inout_ FWPS_CONNECT_REQUEST0 *Request)
{
    PSOCKADDR_IN remote = (PSOCKADDR_IN)&Request->remoteAddressAndPort;
    PVOID wanted = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof *remote, REDIRECT_TAG);

    if (!wanted)
        return;                         /* it goes where it wanted */
    RtlCopyMemory(wanted, remote, sizeof *remote);
    Request->localRedirectContext = wanted;
    Request->localRedirectContextSize = sizeof *remote;
    Request->localRedirectHandle = Target.Handle;
    Request->localRedirectTargetPID = (DWORD)(ULONG_PTR)PsGetCurrentProcessId();
    remote->sin_addr = Target.To.sin_addr;
    remote->sin_port = Target.To.sin_port;
    InterlockedIncrement(&Target.Redirected);
}

_Use_decl_annotations_
VOID NTAPI RedirectConnect(const FWPS_INCOMING_VALUES0 *Values, const FWPS_INCOMING_METADATA_VALUES0 *Metadata, VOID *LayerData,
                           const VOID *Context, const FWPS_FILTER1 *Filter, UINT64 Flow, FWPS_CLASSIFY_OUT0 *Out)
{
    HANDLE records = FWPS_IS_METADATA_FIELD_PRESENT(Metadata, FWPS_METADATA_FIELD_REDIRECT_RECORD_HANDLE) ? Metadata->redirectRecords : NULL;
    FWPS_CONNECTION_REDIRECT_STATE state;
    FWPS_CONNECT_REQUEST0 *request;
    UINT64 handle;

    UNREFERENCED_PARAMETER(Values);
    UNREFERENCED_PARAMETER(LayerData);
    UNREFERENCED_PARAMETER(Flow);
    if (!(Out->rights & FWPS_RIGHT_ACTION_WRITE))
        return;
    Out->actionType = FWP_ACTION_PERMIT;
    state = FwpsQueryConnectionRedirectState0(records, Target.Handle, NULL);
    if (state == FWPS_CONNECTION_REDIRECTED_BY_SELF || state == FWPS_CONNECTION_PREVIOUSLY_REDIRECTED_BY_SELF)
        InterlockedIncrement(&Target.Restored);
    if (state != FWPS_CONNECTION_NOT_REDIRECTED || !NT_SUCCESS(FwpsAcquireClassifyHandle0((VOID *)Context, 0, &handle)))
        return;
    if (NT_SUCCESS(FwpsAcquireWritableLayerDataPointer0(handle, Filter->filterId, 0, (PVOID *)&request, Out))) {
        Change(request);
        FwpsApplyModifiedLayerData0(handle, request, 0);
        Out->rights |= FWPS_RIGHT_ACTION_WRITE;
        Out->actionType = FWP_ACTION_PERMIT;
    }
    FwpsReleaseClassifyHandle0(handle);
}
