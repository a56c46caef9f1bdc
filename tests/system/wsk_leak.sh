#!/usr/bin/env bash
# A driver that unloads with open sockets, requests outstanding and a registration of Winsock Kernel: each is a finding with the
# line that made it, nothing calls the driver afterwards, and the computer goes on.
set -u
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null || exit 77
fail() { echo "failed: $1"; cat "$TMP/log"; exit 1; }

mkdir -p "$TMP/leaky"
cat >"$TMP/leaky/leaky.c" <<'C'
#include <ntddk.h>
#include <wsk.h>

static WSK_REGISTRATION Registration;
static WSK_PROVIDER_NPI Npi;
static const WSK_CLIENT_DISPATCH Client = { MAKE_WSK_VERSION(1, 0), 0, NULL };

static NTSTATUS NTAPI Done(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    DbgPrint("a request is completed\n");
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static PIRP NewIrp(void)
{
    PIRP irp = IoAllocateIrp(1, FALSE);

    IoSetCompletionRoutine(irp, Done, NULL, TRUE, TRUE, TRUE);
    return irp;
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver)
{
    DbgPrint("unloads\n");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    WSK_CLIENT_NPI client = { NULL, &Client };
    SOCKADDR_IN any = { AF_INET };
    PWSK_SOCKET socket;
    PIRP irp = NewIrp();

    driver->DriverUnload = Unload;
    WskRegister(&client, &Registration);
    WskCaptureProviderNPI(&Registration, WSK_NO_WAIT, &Npi);
    Npi.Dispatch->WskSocket(Npi.Client, AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_LISTEN_SOCKET, NULL, NULL, NULL, NULL, NULL, irp);
    socket = (PWSK_SOCKET)irp->IoStatus.Information;
    IoFreeIrp(irp);
    irp = NewIrp();
    ((const WSK_PROVIDER_LISTEN_DISPATCH *)socket->Dispatch)->WskBind(socket, (PSOCKADDR)&any, 0, irp);
    IoFreeIrp(irp);
    ((const WSK_PROVIDER_LISTEN_DISPATCH *)socket->Dispatch)->WskAccept(socket, 0, NULL, NULL, NULL, NULL, NewIrp());
    return STATUS_SUCCESS;
}
C
"$RING3" build "$TMP/leaky" --out="$TMP/out" >"$TMP/log" 2>&1 || fail "the driver does not build"
timeout 60 "$RING3" run "$TMP/out/leaky.sys" --for=1ms >"$TMP/log" 2>&1
[ $? -eq 1 ] || fail "what is left is not exit code 1"
grep -q 'left an open listening socket.*WskCloseSocket was not called' "$TMP/log" || fail "the socket is not named"
grep -q 'left a Winsock Kernel registration (1 attached): WskDeregister was not called' "$TMP/log" || fail "the registration is not named"
grep -q 'leaky.sys!DriverEntry.*leaky.c:[34][0-9]' "$TMP/log" || fail "the line is not told"
[ "$(sed -n '/unloads/,$p' "$TMP/log" | grep -c 'a request is completed')" -eq 0 ] || fail "a driver that is gone was called"
exit 0
