/* Parameters of the service key. */
#include "wskget.h"

_Use_decl_annotations_
NTSTATUS ConfigRead(PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING host = { 0, sizeof Fetch.Host - sizeof(WCHAR), Fetch.Host };
    UNICODE_STRING path = { 0, sizeof Fetch.Path - sizeof(WCHAR), Fetch.Path };
    ULONG port = 80;
    RTL_QUERY_REGISTRY_TABLE table[5] = { 0 };
    NTSTATUS status;

    table[0].Flags = RTL_QUERY_REGISTRY_SUBKEY;
    table[0].Name = L"Parameters";
    table[1].Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK | RTL_QUERY_REGISTRY_REQUIRED;
    table[1].Name = L"Host";
    table[1].EntryContext = &host;
    table[1].DefaultType = (REG_SZ << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_NONE;
    table[2].Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK;
    table[2].Name = L"Path";
    table[2].EntryContext = &path;
    table[2].DefaultType = (REG_SZ << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_NONE;
    table[3].Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK;
    table[3].Name = L"Port";
    table[3].EntryContext = &port;
    table[3].DefaultType = (REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_NONE;
    status = RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, RegistryPath->Buffer, table, NULL, NULL);
    if (!NT_SUCCESS(status))
        return status;
    Fetch.Host[host.Length / sizeof(WCHAR)] = 0;
    Fetch.Path[path.Length / sizeof(WCHAR)] = 0;
    if (path.Length == 0)
        Fetch.Path[0] = L'/';
    Fetch.Port = (USHORT)port;
    return port >= 1 && port <= 65535 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}
