#!/usr/bin/env bash
# A virtual adapter whose medium is IP: TCP/IP binds to it, and packets pass without an Ethernet header, both ways and in both versions.
set -u
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null || exit 77
fail() { echo "failed: $1"; cat "$TMP/log"; exit 1; }

mkdir "$TMP/tun"
cat >"$TMP/tun/tun.c" <<'C'
/* Answers every echo request itself. */
#include <ndis.h>

typedef struct { NDIS_HANDLE Handle, Pool; KEVENT Idle; LONG Out; } ADAPTER;
static NDIS_HANDLE Driver;
static NDIS_OID Oids[] = { OID_GEN_CURRENT_PACKET_FILTER, OID_GEN_STATISTICS, OID_GEN_VENDOR_DESCRIPTION };

static USHORT sum(const UCHAR *p, ULONG n, ULONG s)
{
    for (; n > 1; p += 2, n -= 2)
        s += p[0] << 8 | p[1];
    if (n)
        s += p[0] << 8;
    while (s >> 16)
        s = (s & 0xFFFF) + (s >> 16);
    return (USHORT)s;
}

static VOID swap(PUCHAR a, PUCHAR b, ULONG n)
{
    for (UCHAR t; n-- > 0; a++, b++)
        t = *a, *a = *b, *b = t;
}

/* An echo request becomes its answer; FALSE: it is none. */
static BOOLEAN answer(PUCHAR p, ULONG n)
{
    BOOLEAN six = p[0] >> 4 == 6;
    ULONG header = six ? 40 : 20, pseudo = 0;

    if (n < header + 8 || p[six ? 6 : 9] != (six ? 58 : 1) || p[header] != (six ? 128 : 8))
        return FALSE;
    swap(p + (six ? 8 : 12), p + (six ? 24 : 16), six ? 16 : 4);
    p[header] = six ? 129 : 0;
    p[header + 2] = p[header + 3] = 0;
    if (six)
        pseudo = sum(p + 8, 32, 58 + n - header);
    USHORT s = (USHORT)~sum(p + header, n - header, pseudo);
    p[header + 2] = (UCHAR)(s >> 8);
    p[header + 3] = (UCHAR)s;
    return TRUE;
}

static VOID reply(ADAPTER *a, PNET_BUFFER nb)
{
    ULONG n = NET_BUFFER_DATA_LENGTH(nb);
    PUCHAR copy = NdisAllocateMemoryWithTagPriority(a->Handle, n, 'nuT', NormalPoolPriority), data;
    PMDL mdl = copy ? NdisAllocateMdl(a->Handle, copy, n) : NULL;
    PNET_BUFFER_LIST list = mdl ? NdisAllocateNetBufferAndNetBufferList(a->Pool, 0, 0, mdl, 0, n) : NULL;

    data = NdisGetDataBuffer(nb, n, copy, 1, 0);
    if (data != copy)
        NdisMoveMemory(copy, data, n);
    if (!list || !answer(copy, n)) {
        if (list)
            NdisFreeNetBufferList(list);
        NdisFreeMdl(mdl);
        NdisFreeMemory(copy, 0, 0);
        return;
    }
    list->SourceHandle = a->Handle;
    NET_BUFFER_LIST_MINIPORT_RESERVED(list)[0] = copy;
    if (InterlockedIncrement(&a->Out) == 1)
        KeClearEvent(&a->Idle);
    NdisMIndicateReceiveNetBufferLists(a->Handle, list, 0, 1, 0);
}

static VOID Return(NDIS_HANDLE c, PNET_BUFFER_LIST list, ULONG flags)
{
    ADAPTER *a = c;

    for (PNET_BUFFER_LIST next; list; list = next) {
        next = list->Next;
        NdisFreeMdl(NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(list)));
        NdisFreeMemory(NET_BUFFER_LIST_MINIPORT_RESERVED(list)[0], 0, 0);
        NdisFreeNetBufferList(list);
        if (InterlockedDecrement(&a->Out) == 0)
            KeSetEvent(&a->Idle, 0, FALSE);
    }
}

static VOID Send(NDIS_HANDLE c, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG flags)
{
    for (PNET_BUFFER_LIST l = lists; l; l = l->Next) {
        l->Status = NDIS_STATUS_SUCCESS;
        for (PNET_BUFFER nb = NET_BUFFER_LIST_FIRST_NB(l); nb; nb = NET_BUFFER_NEXT_NB(nb)) {
            UCHAR room[1], *first = NdisGetDataBuffer(nb, 1, room, 1, 0);
            if (!first || (*first >> 4 != 4 && *first >> 4 != 6))
                DbgPrint("tun: not a packet\n");
            else
                reply(c, nb);
        }
    }
    NdisMSendNetBufferListsComplete(((ADAPTER *)c)->Handle, lists, 0);
}

static NDIS_STATUS Initialize(NDIS_HANDLE h, NDIS_HANDLE c, PNDIS_MINIPORT_INIT_PARAMETERS p)
{
    ADAPTER *a = NdisAllocateMemoryWithTagPriority(h, sizeof *a, 'nuT', NormalPoolPriority);
    NET_BUFFER_LIST_POOL_PARAMETERS pool = { { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
        NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 }, .fAllocateNetBuffer = TRUE, .PoolTag = 'nuT' };
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES r = { .RegistrationAttributes = { { NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES,
        NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1, NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1 },
        .AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND, .InterfaceType = NdisInterfaceInternal } };
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES g = { .GeneralAttributes = { { NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES,
        NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2, NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2 },
        .MediaType = NdisMediumIP, .PhysicalMediumType = NdisPhysicalMediumUnspecified, .MtuSize = 1420, .LookaheadSize = 1420,
        .MaxXmitLinkSpeed = 1000000000, .MaxRcvLinkSpeed = 1000000000, .XmitLinkSpeed = 1000000000, .RcvLinkSpeed = 1000000000,
        .MediaConnectState = MediaConnectStateConnected, .MediaDuplexState = MediaDuplexStateFull,
        .SupportedPacketFilters = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_ALL_MULTICAST | NDIS_PACKET_TYPE_BROADCAST,
        .AccessType = NET_IF_ACCESS_POINT_TO_POINT, .DirectionType = NET_IF_DIRECTION_SENDRECEIVE,
        .ConnectionType = NET_IF_CONNECTION_DEDICATED, .IfType = IF_TYPE_PROP_VIRTUAL, .SupportedOidList = Oids,
        .SupportedOidListLength = sizeof Oids } };

    NdisZeroMemory(a, sizeof *a);
    a->Handle = h;
    KeInitializeEvent(&a->Idle, NotificationEvent, TRUE);
    r.RegistrationAttributes.MiniportAdapterContext = a;
    a->Pool = NdisAllocateNetBufferListPool(h, &pool);
    if (NdisMSetMiniportAttributes(h, &r) || NdisMSetMiniportAttributes(h, &g))
        return NDIS_STATUS_FAILURE;
    return NDIS_STATUS_SUCCESS;
}

static VOID Halt(NDIS_HANDLE c, NDIS_HALT_ACTION action)
{
    NdisFreeNetBufferListPool(((ADAPTER *)c)->Pool);
    NdisFreeMemory(c, 0, 0);
}

static NDIS_STATUS Pause(NDIS_HANDLE c, PNDIS_MINIPORT_PAUSE_PARAMETERS p)
{
    KeWaitForSingleObject(&((ADAPTER *)c)->Idle, Executive, KernelMode, FALSE, NULL);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS Restart(NDIS_HANDLE c, PNDIS_MINIPORT_RESTART_PARAMETERS p) { return NDIS_STATUS_SUCCESS; }

static NDIS_STATUS OidRequest(NDIS_HANDLE c, PNDIS_OID_REQUEST r)
{
    if (r->RequestType != NdisRequestSetInformation || r->DATA.SET_INFORMATION.Oid != OID_GEN_CURRENT_PACKET_FILTER) {
        if (r->DATA.QUERY_INFORMATION.Oid >> 24 == 1)
            DbgPrint("tun: asked for Ethernet's %08x\n", r->DATA.QUERY_INFORMATION.Oid);
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    r->DATA.SET_INFORMATION.BytesRead = sizeof(ULONG);
    return NDIS_STATUS_SUCCESS;
}

static VOID CancelOid(NDIS_HANDLE c, PVOID id) { }
static VOID CancelSend(NDIS_HANDLE c, PVOID id) { }
static VOID PnpEvent(NDIS_HANDLE c, PNET_DEVICE_PNP_EVENT e) { }
static VOID Shutdown(NDIS_HANDLE c, NDIS_SHUTDOWN_ACTION action) { }
static VOID Unload(PDRIVER_OBJECT d) { NdisMDeregisterMiniportDriver(Driver); }

NTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING path)
{
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS c = { { NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS,
        NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2, NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2 },
        .MajorNdisVersion = 6, .MinorNdisVersion = 30, .InitializeHandlerEx = Initialize, .HaltHandlerEx = Halt, .PauseHandler = Pause,
        .RestartHandler = Restart, .OidRequestHandler = OidRequest, .CancelOidRequestHandler = CancelOid, .UnloadHandler = Unload,
        .SendNetBufferListsHandler = Send, .ReturnNetBufferListsHandler = Return, .CancelSendHandler = CancelSend,
        .DevicePnPEventNotifyHandler = PnpEvent, .ShutdownHandlerEx = Shutdown };

    return NdisMRegisterMiniportDriver(d, path, NULL, &c, &Driver);
}
C
cat >"$TMP/tun/tun.inf" <<'INF'
[Version]
Signature   = "$Windows NT$"
Class       = Net
ClassGuid   = {4d36e972-e325-11ce-bfc1-08002be10318}
Provider    = %Provider%
CatalogFile = tun.cat
DriverVer   = 11/28/2026,1.0.0.0
PnpLockdown = 1

[Manufacturer]
%Provider% = Tun, NTamd64

[Tun.NTamd64]
%Name% = Tun.Install, ROOT\TUN

[Tun.Install]
Characteristics    = 1
*IfType            = 53
*MediaType         = 19
*PhysicalMediaType = 0
AddReg             = Tun.Ndi

[Tun.Ndi]
HKR, Ndi,            Service,    0, "tun"
HKR, Ndi\Interfaces, UpperRange, 0, "ndis5"
HKR, Ndi\Interfaces, LowerRange, 0, "nolower"

[Tun.Install.Services]
AddService = tun, 2, Tun.Service

[Tun.Service]
ServiceType   = 1
StartType     = 3
ErrorControl  = 1
ServiceBinary = %13%\tun.sys

[Strings]
Provider = "ring3"
Name     = "IP tunnel"
INF
printf 'defines = NDIS_MINIPORT_DRIVER=1 NDIS630_MINIPORT=1\n' >"$TMP/tun/ring3.build"
"$RING3" build "$TMP/tun" --out="$TMP/out" >"$TMP/log" 2>&1 || fail "the driver does not build"
for to in 10.7.0.2 fe80::7; do
    "$RING3" run "$TMP/out/tun.sys" --ip=10.7.0.1/24 --ping=$to,interval=10ms --for=2s --log=info >"$TMP/log" 2>&1 || fail "no answer from $to"
    grep -q "ping $to: 4 sent, 4 answered" "$TMP/log" || fail "not every request to $to was answered"
    grep -q 'tun: not\|tun: asked' "$TMP/log" && fail "the adapter saw what is Ethernet's"
done
exit 0
