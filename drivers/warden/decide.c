/* The classify function of all four layers. */
#include "warden.h"

#include <ntstrsafe.h>

WARDEN_COUNTERS Counters;

/* Where a layer has its values. */
typedef struct _LAYER {
    UINT16 Id;
    const CHAR *Name;
    BOOLEAN V6, Incoming;
    UINT32 LocalAddress, RemoteAddress, LocalPort, RemotePort, Protocol, Flags, Interface, SubInterface;
} LAYER;

#define FIELDS(layer)                                                                                                      \
    FWPS_FIELD_##layer##_IP_LOCAL_ADDRESS, FWPS_FIELD_##layer##_IP_REMOTE_ADDRESS, FWPS_FIELD_##layer##_IP_LOCAL_PORT,     \
    FWPS_FIELD_##layer##_IP_REMOTE_PORT, FWPS_FIELD_##layer##_IP_PROTOCOL, FWPS_FIELD_##layer##_FLAGS,                     \
    FWPS_FIELD_##layer##_INTERFACE_INDEX, FWPS_FIELD_##layer##_SUB_INTERFACE_INDEX

static const LAYER Layers[] = {
    { FWPS_LAYER_ALE_AUTH_CONNECT_V4, "ALE_AUTH_CONNECT_V4", FALSE, FALSE, FIELDS(ALE_AUTH_CONNECT_V4) },
    { FWPS_LAYER_ALE_AUTH_CONNECT_V6, "ALE_AUTH_CONNECT_V6", TRUE, FALSE, FIELDS(ALE_AUTH_CONNECT_V6) },
    { FWPS_LAYER_ALE_AUTH_RECV_ACCEPT_V4, "ALE_AUTH_RECV_ACCEPT_V4", FALSE, TRUE, FIELDS(ALE_AUTH_RECV_ACCEPT_V4) },
    { FWPS_LAYER_ALE_AUTH_RECV_ACCEPT_V6, "ALE_AUTH_RECV_ACCEPT_V6", TRUE, TRUE, FIELDS(ALE_AUTH_RECV_ACCEPT_V6) },
};

static const LAYER *FindLayer(UINT16 Id)
{
    for (ULONG n = 0; n < ARRAYSIZE(Layers); n++)
        if (Layers[n].Id == Id)
            return &Layers[n];
    return NULL;
}

static VOID ReadAddress(_In_ const FWP_VALUE0 *Value, _In_ BOOLEAN V6, _Out_writes_(16) UCHAR *Address)
{
    ULONG swapped = RtlUlongByteSwap(Value->uint32);

    RtlZeroMemory(Address, 16);
    if (!V6)
        RtlCopyMemory(Address, &swapped, 4);
    else if (Value->byteArray16 != NULL)
        RtlCopyMemory(Address, Value->byteArray16->byteArray16, 16);
}

static VOID ReadConnection(_In_ const LAYER *Layer, _In_ const FWPS_INCOMING_VALUES0 *Values, _Out_ CONNECTION *Connection)
{
    const FWPS_INCOMING_VALUE0 *value = Values->incomingValue;

    RtlZeroMemory(Connection, sizeof *Connection);
    Connection->V6 = Layer->V6;
    Connection->Incoming = Layer->Incoming;
    Connection->Protocol = value[Layer->Protocol].value.uint8;
    Connection->LocalPort = value[Layer->LocalPort].value.uint16;
    Connection->RemotePort = value[Layer->RemotePort].value.uint16;
    Connection->Interface = value[Layer->Interface].value.uint32;
    Connection->SubInterface = value[Layer->SubInterface].value.uint32;
    Connection->Reauthorised = (value[Layer->Flags].value.uint32 & FWP_CONDITION_FLAG_IS_REAUTHORIZE) != 0;
    ReadAddress(&value[Layer->LocalAddress].value, Layer->V6, Connection->Local);
    ReadAddress(&value[Layer->RemoteAddress].value, Layer->V6, Connection->Remote);
}

/* --- the log --------------------------------------------------------------------------------------------------------- */

static VOID DescribeAddress(_In_ const CONNECTION *Connection, _In_reads_(16) const UCHAR *Address, _Out_writes_(48) CHAR *Text)
{
    if (!Connection->V6) {
        RtlStringCbPrintfA(Text, 48, "%u.%u.%u.%u", Address[0], Address[1], Address[2], Address[3]);
        return;
    }
    for (ULONG n = 0; n < 8; n++)
        RtlStringCbPrintfA(Text + 5 * n, 48 - 5 * n, n < 7 ? "%02x%02x:" : "%02x%02x", Address[2 * n], Address[2 * n + 1]);
}

_Use_decl_annotations_
VOID Describe(const CONNECTION *Connection, CHAR *Text, SIZE_T Room)
{
    CHAR local[48], remote[48];
    const CHAR *protocol = Connection->Protocol == 6 ? "tcp" : Connection->Protocol == 17 ? "udp" : "other";

    DescribeAddress(Connection, Connection->Local, local);
    DescribeAddress(Connection, Connection->Remote, remote);
    if (Connection->Incoming)
        RtlStringCbPrintfA(Text, Room, "in %s %s:%u > %s:%u", protocol, remote, Connection->RemotePort, local, Connection->LocalPort);
    else
        RtlStringCbPrintfA(Text, Room, "out %s %s:%u > %s:%u", protocol, local, Connection->LocalPort, remote, Connection->RemotePort);
}

static VOID Log(_In_ const CHAR *Decision, _In_ const LAYER *Layer, _In_ const CONNECTION *Connection, _In_ const FWPS_FILTER1 *Filter, _In_ ULONG Rule)
{
    CHAR text[160];

    Describe(Connection, text, sizeof text);
    DbgPrintEx(DPFLTR_IHVNETWORK_ID, DPFLTR_ERROR_LEVEL, "warden: %s %s at %s, filter %llu, sublayer %u, rule %u\n", Decision, text,
               Layer->Name, Filter->filterId, Filter->subLayerWeight, Rule);
}

/* --- decisions ------------------------------------------------------------------------------------------------------- */

static VOID Permit(_Inout_ FWPS_CLASSIFY_OUT0 *Out)
{
    InterlockedIncrement((PLONG)&Counters.Permitted);
    Out->actionType = FWP_ACTION_PERMIT;
}

static VOID Block(_Inout_ FWPS_CLASSIFY_OUT0 *Out)
{
    InterlockedIncrement((PLONG)&Counters.Blocked);
    Out->actionType = FWP_ACTION_BLOCK;
    Out->rights &= ~FWPS_RIGHT_ACTION_WRITE;
}

static VOID Absorb(_Inout_ FWPS_CLASSIFY_OUT0 *Out)
{
    InterlockedIncrement((PLONG)&Counters.Pended);
    Out->actionType = FWP_ACTION_BLOCK;
    Out->rights &= ~FWPS_RIGHT_ACTION_WRITE;
    Out->flags |= FWPS_CLASSIFY_OUT_FLAG_ABSORB;
}

_Use_decl_annotations_
VOID NTAPI Decide(const FWPS_INCOMING_VALUES0 *Values, const FWPS_INCOMING_METADATA_VALUES0 *Metadata, void *LayerData, const void *Context,
                  const FWPS_FILTER1 *Filter, UINT64 Flow, FWPS_CLASSIFY_OUT0 *Out)
{
    const LAYER *layer = FindLayer(Values->layerId);
    CONNECTION connection;
    BOOLEAN permit;
    RULE rule;

    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Flow);
    if (layer == NULL || !(Out->rights & FWPS_RIGHT_ACTION_WRITE))
        return;
    ReadConnection(layer, Values, &connection);
    if (PendDecided(&connection, LayerData, &permit)) {
        Log(permit ? "permit (after waiting)" : "block (after waiting)", layer, &connection, Filter, 0);
        permit ? Permit(Out) : Block(Out);
        return;
    }
    rule = PolicyMatch(&connection);
    switch (rule.Verb) {
    case VerbBlock:
        Log("block", layer, &connection, Filter, rule.Number);
        Block(Out);
        break;
    case VerbPend:
        if (NT_SUCCESS(PendAdd(&connection, &rule, Metadata, LayerData))) {
            Log("pend", layer, &connection, Filter, rule.Number);
            Absorb(Out);
            break;
        }
        Log(rule.PermitThen ? "permit (it cannot wait)" : "block (it cannot wait)", layer, &connection, Filter, rule.Number);
        rule.PermitThen ? Permit(Out) : Block(Out);
        break;
    case VerbInspect:
        InterlockedIncrement((PLONG)&Counters.Inspected);
        Log("inspect", layer, &connection, Filter, rule.Number);
        Out->actionType = FWP_ACTION_CONTINUE;
        break;
    default:
        Log("permit", layer, &connection, Filter, rule.Number);
        Permit(Out);
    }
}
