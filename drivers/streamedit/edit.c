/* What is looked for, and the classify function. */
#include "streamedit.h"

EDIT Edit;

static VOID Narrow(_In_ PCUNICODE_STRING From, _Out_ PHRASE *To)
{
    To->Length = From->Length / sizeof(WCHAR);
    for (USHORT n = 0; n < To->Length; n++)
        To->Bytes[n] = (UCHAR)From->Buffer[n];
}

_Use_decl_annotations_
NTSTATUS EditRead(PUNICODE_STRING RegistryPath)
{
    static WCHAR findText[PHRASE_MAX], replaceText[PHRASE_MAX];
    UNICODE_STRING find = { 0, sizeof findText, findText }, replace = { 0, sizeof replaceText, replaceText };
    ULONG port = 0;
    RTL_QUERY_REGISTRY_TABLE table[5] = { 0 };
    NTSTATUS status;

    table[0].Flags = RTL_QUERY_REGISTRY_SUBKEY;
    table[0].Name = L"Parameters";
    table[1].Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK | RTL_QUERY_REGISTRY_REQUIRED;
    table[1].Name = L"Find";
    table[1].EntryContext = &find;
    table[1].DefaultType = (REG_SZ << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_NONE;
    table[2].Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK;
    table[2].Name = L"Replace";
    table[2].EntryContext = &replace;
    table[2].DefaultType = (REG_SZ << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_NONE;
    table[3].Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK;
    table[3].Name = L"Port";
    table[3].EntryContext = &port;
    table[3].DefaultType = (REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_NONE;
    status = RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, RegistryPath->Buffer, table, NULL, NULL);
    if (!NT_SUCCESS(status))
        return status;
    Narrow(&find, &Edit.Find);
    Narrow(&replace, &Edit.Replacement);
    Edit.Port = (USHORT)port;
    return Edit.Find.Length && port <= 65535 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* Where the phrase, or a beginning of it that reaches the end of the data, begins. Size: nowhere. */
static SIZE_T Search(_In_reads_(Size) const UCHAR *Data, _In_ SIZE_T Size)
{
    SIZE_T length = Edit.Find.Length;

    for (SIZE_T at = 0; at < Size; at++) {
        SIZE_T rest = Size - at < length ? Size - at : length;

        if (Data[at] == Edit.Find.Bytes[0] && RtlCompareMemory(Data + at, Edit.Find.Bytes, rest) == rest)
            return at;
    }
    return Size;
}

static VOID Pass(_Inout_ FWPS_CLASSIFY_OUT0 *Out, _Inout_ FWPS_STREAM_CALLOUT_IO_PACKET0 *Packet, _In_ SIZE_T Bytes)
{
    Packet->streamAction = FWPS_STREAM_ACTION_NONE;
    Packet->countBytesEnforced = Bytes;
    Packet->countBytesRequired = 0;
    Out->actionType = FWP_ACTION_PERMIT;
}

static VOID Drop(_Inout_ FWPS_CLASSIFY_OUT0 *Out, _Inout_ FWPS_STREAM_CALLOUT_IO_PACKET0 *Packet)
{
    Packet->streamAction = FWPS_STREAM_ACTION_DROP_CONNECTION;
    Packet->countBytesEnforced = 0;
    Packet->countBytesRequired = 0;
    Out->actionType = FWP_ACTION_NONE;
}

static VOID AskForMore(_Inout_ FWPS_CLASSIFY_OUT0 *Out, _Inout_ FWPS_STREAM_CALLOUT_IO_PACKET0 *Packet, _In_ SIZE_T Bytes)
{
    Packet->streamAction = FWPS_STREAM_ACTION_NEED_MORE_DATA;
    Packet->countBytesEnforced = 0;
    Packet->countBytesRequired = Bytes;
    Out->actionType = FWP_ACTION_NONE;
}

/* The phrase is at the front. */
static VOID Replace(_In_ const FWPS_INCOMING_VALUES0 *Values, _In_ const FWPS_INCOMING_METADATA_VALUES0 *Metadata,
                    _In_ const FWPS_FILTER1 *Filter, _Inout_ FWPS_CLASSIFY_OUT0 *Out, _Inout_ FWPS_STREAM_CALLOUT_IO_PACKET0 *Packet)
{
    NTSTATUS status = ReplacerInject(Metadata->flowHandle, Filter->action.calloutId, Values->layerId, Packet->streamData->flags);

    if (!NT_SUCCESS(status)) {
        Drop(Out, Packet);
        return;
    }
    Packet->streamAction = FWPS_STREAM_ACTION_NONE;
    Packet->countBytesEnforced = Edit.Find.Length;
    Packet->countBytesRequired = 0;
    Out->actionType = FWP_ACTION_BLOCK;
}

_Use_decl_annotations_
VOID NTAPI EditStream(const FWPS_INCOMING_VALUES0 *Values, const FWPS_INCOMING_METADATA_VALUES0 *Metadata, void *LayerData,
                      const void *Context, const FWPS_FILTER1 *Filter, UINT64 Flow, FWPS_CLASSIFY_OUT0 *Out)
{
    FWPS_STREAM_CALLOUT_IO_PACKET0 *packet = LayerData;
    SIZE_T size = packet->streamData->dataLength, at;
    BOOLEAN last = (Out->flags & (FWPS_CLASSIFY_OUT_FLAG_NO_MORE_DATA | FWPS_CLASSIFY_OUT_FLAG_BUFFER_LIMIT_REACHED)) != 0;
    PUCHAR data;

    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Flow);
    if (!(Out->rights & FWPS_RIGHT_ACTION_WRITE))
        return;
    if (size == 0) {                    /* the end of the stream */
        Pass(Out, packet, 0);
        return;
    }
    if (size > WINDOW) {
        size = WINDOW;
        last = FALSE;
    }
    data = ReplacerWindow();
    if (!data) {
        Drop(Out, packet);
        return;
    }
    FwpsCopyStreamDataToBuffer0(packet->streamData, data, size, &size);
    at = Search(data, size);
    ReplacerWindowDone(data);
    if (at > 0)
        Pass(Out, packet, at);
    else if (size >= Edit.Find.Length)
        Replace(Values, Metadata, Filter, Out, packet);
    else if (last)
        Pass(Out, packet, size);
    else
        AskForMore(Out, packet, Edit.Find.Length - size);
}
