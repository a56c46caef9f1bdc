#!/usr/bin/env bash
# SIO_ADDRESS_LIST_CHANGE completes when DHCP gives the adapter an address, and SIO_ADDRESS_LIST_QUERY then lists it. A group is
# joined on the adapter, and what is sent to it comes back to the socket.
set -u
. tests/system/lib.sh
needs "$VIONET"
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null || skip 'clang-19 and lld-link-19 are not installed'

mkdir -p "$TMP/watcher"
cat >"$TMP/watcher/watcher.c" <<'C'
#include <ntddk.h>
#include <wsk.h>

static WSK_REGISTRATION Registration;
static WSK_PROVIDER_NPI Npi;
static const WSK_CLIENT_DISPATCH Client = { MAKE_WSK_VERSION(1, 0), 0, NULL };
static PWSK_SOCKET Socket;
static PIRP Change;
static KEVENT Changed;
static PVOID Thread;

static NTSTATUS NTAPI Done(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    if (irp == Change)
        KeSetEvent(&Changed, 0, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static PIRP NewIrp(void)
{
    PIRP irp = IoAllocateIrp(1, FALSE);

    IoSetCompletionRoutine(irp, Done, NULL, TRUE, TRUE, TRUE);
    return irp;
}

/* For calls that are answered at once, or in virtual time's first breath. */
#define CALL(expression)                     \
    ({                                       \
        PIRP Irp = NewIrp();                 \
        NTSTATUS status_ = (expression);     \
        ULONG_PTR information_ = Irp->IoStatus.Information; \
        IoFreeIrp(Irp);                      \
        NT_SUCCESS(status_) ? information_ : (ULONG_PTR)-1; \
    })

static void ListAddresses(void)
{
    UCHAR room[512];
    SOCKET_ADDRESS_LIST *list = (SOCKET_ADDRESS_LIST *)room;
    SIZE_T size = 0;

    if (!NT_SUCCESS(((const WSK_PROVIDER_BASIC_DISPATCH *)Socket->Dispatch)
                        ->WskControlSocket(Socket, WskIoctl, SIO_ADDRESS_LIST_QUERY, 0, 0, NULL, sizeof(room), room, &size, NULL)))
        return;
    for (INT i = 0; i < list->iAddressCount; i++) {
        UCHAR *b = (UCHAR *)&((PSOCKADDR_IN)list->Address[i].lpSockaddr)->sin_addr;

        DbgPrint("address %u.%u.%u.%u\n", b[0], b[1], b[2], b[3]);
    }
}

static void Multicast(void)
{
    const WSK_PROVIDER_DATAGRAM_DISPATCH *dispatch = (const WSK_PROVIDER_DATAGRAM_DISPATCH *)Socket->Dispatch;
    SOCKADDR_IN group = { AF_INET, 0x1027 };
    static UCHAR out[4] = "ping", in[8];
    PMDL mdl = IoAllocateMdl(out, 4, FALSE, FALSE, NULL), mdl_in = IoAllocateMdl(in, 8, FALSE, FALSE, NULL);
    WSK_BUF buffer = { mdl, 0, 4 }, buffer_in = { mdl_in, 0, 8 };
    IP_MREQ join = { { .S_un.S_addr = 0x050401ef } };
    PIRP irp = NewIrp();
    ULONG flags = 0;

    MmBuildMdlForNonPagedPool(mdl);
    MmBuildMdlForNonPagedPool(mdl_in);
    group.sin_addr = join.imr_multiaddr;
    CALL(dispatch->WskControlSocket(Socket, WskSetOption, IP_ADD_MEMBERSHIP, IPPROTO_IP, sizeof(join), &join, 0, NULL, NULL, Irp));
    dispatch->WskReceiveFrom(Socket, &buffer_in, 0, NULL, NULL, NULL, &flags, irp);
    CALL(dispatch->WskSendTo(Socket, &buffer, 0, (PSOCKADDR)&group, 0, NULL, Irp));
    IoCancelIrp(irp);
    if (NT_SUCCESS(irp->IoStatus.Status) && flags == MSG_MCAST)
        DbgPrint("the group has heard %u bytes\n", (ULONG)irp->IoStatus.Information);
    IoFreeIrp(irp);
    IoFreeMdl(mdl);
    IoFreeMdl(mdl_in);
}

static VOID NTAPI Watch(PVOID context)
{
    KeWaitForSingleObject(&Changed, Executive, KernelMode, FALSE, NULL);
    if (!NT_SUCCESS(Change->IoStatus.Status))
        return;
    DbgPrint("the address list has changed\n");
    ListAddresses();
    Multicast();
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver)
{
    IoCancelIrp(Change);
    KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Thread);
    CALL(((const WSK_PROVIDER_BASIC_DISPATCH *)Socket->Dispatch)->WskCloseSocket(Socket, Irp));
    IoFreeIrp(Change);
    WskReleaseProviderNPI(&Registration);
    WskDeregister(&Registration);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    WSK_CLIENT_NPI client = { NULL, &Client };
    SOCKADDR_IN any = { AF_INET, 0x1027 };
    HANDLE handle;

    KeInitializeEvent(&Changed, NotificationEvent, FALSE);
    driver->DriverUnload = Unload;
    if (!NT_SUCCESS(WskRegister(&client, &Registration)) || !NT_SUCCESS(WskCaptureProviderNPI(&Registration, WSK_NO_WAIT, &Npi)))
        return STATUS_UNSUCCESSFUL;
    Socket = (PWSK_SOCKET)CALL(Npi.Dispatch->WskSocket(Npi.Client, AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL,
                                                       NULL, NULL, NULL, Irp));
    CALL(((const WSK_PROVIDER_DATAGRAM_DISPATCH *)Socket->Dispatch)->WskBind(Socket, (PSOCKADDR)&any, 0, Irp));
    Change = NewIrp();
    ((const WSK_PROVIDER_BASIC_DISPATCH *)Socket->Dispatch)
        ->WskControlSocket(Socket, WskIoctl, SIO_ADDRESS_LIST_CHANGE, 0, 0, NULL, 0, NULL, NULL, Change);
    if (!NT_SUCCESS(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Watch, NULL)))
        return STATUS_UNSUCCESSFUL;
    ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, NULL, KernelMode, &Thread, NULL);
    ZwClose(handle);
    return STATUS_SUCCESS;
}
C
"$RING3" build "$TMP/watcher" --out="$TMP/out" >"$TMP/log" 2>&1 || { bad 'the driver does not build'; cat "$TMP/log"; finish; }
timeout 60 "$RING3" run "$TMP/out/watcher.sys" "$VIONET" --nic=slirp --for=2s >"$TMP/log" 2>&1
[ $? -eq 0 ] && ok 'the run ends cleanly' || bad 'the run ends badly'
for text in 'the address list has changed' 'address 10.0.2.15' 'the group has heard 4 bytes'; do
    if grep -q "$text" "$TMP/log"; then ok "$text"; else bad "not told: $text"; fi
done
[ $wrong -eq 0 ] || cat "$TMP/log"
finish
