#!/usr/bin/env bash
# A filter driver that loses a list is named when its stack pauses; one that leaves its registration behind is named by the leak
# rule, and called no more.
set -u
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null || exit 77
[ -e "$BUILD/drivers/vionet/vionet.sys" ] || exit 77
fail() { echo "failed: $1"; cat "$TMP/log"; exit 1; }

mkdir -p "$TMP/loser"
cat >"$TMP/loser.c" <<'C'
#define NDIS630 1
#include <ndis.h>

static NDIS_HANDLE Driver, Module;
static PNET_BUFFER_LIST Lost;

static NDIS_STATUS NTAPI Attach(NDIS_HANDLE handle, NDIS_HANDLE context, PNDIS_FILTER_ATTACH_PARAMETERS parameters)
{
    NDIS_FILTER_ATTRIBUTES attributes = {
        { NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES, NDIS_FILTER_ATTRIBUTES_REVISION_1, NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1 }, 0
    };

    Module = handle;
    return NdisFSetAttributes(handle, &Module, &attributes);
}

static VOID NTAPI Detach(NDIS_HANDLE context)
{
    DbgPrint("loser is detached\n");
}

static NDIS_STATUS NTAPI Restart(NDIS_HANDLE context, PNDIS_FILTER_RESTART_PARAMETERS parameters)
{
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS NTAPI Pause(NDIS_HANDLE context, PNDIS_FILTER_PAUSE_PARAMETERS parameters)
{
    return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI Receive(NDIS_HANDLE context, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG count, ULONG flags)
{
    Lost = lists;
}

static VOID NTAPI Status(NDIS_HANDLE context, PNDIS_STATUS_INDICATION indication)
{
    NdisFIndicateStatus(Module, indication);
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver)
{
    /* UNLOAD */
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    NDIS_FILTER_DRIVER_CHARACTERISTICS c = { 0 };
    NDIS_STATUS status;

    driver->DriverUnload = Unload;
    c.Header.Type = NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS;
    c.Header.Revision = NDIS_FILTER_CHARACTERISTICS_REVISION_2;
    c.Header.Size = NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2;
    c.MajorNdisVersion = 6;
    c.MinorNdisVersion = 30;
    NdisInitUnicodeString(&c.UniqueName, L"{52334e44-0000-4000-8000-0000000105e5}");
    NdisInitUnicodeString(&c.ServiceName, L"loser");
    c.AttachHandler = Attach;
    c.DetachHandler = Detach;
    c.RestartHandler = Restart;
    c.PauseHandler = Pause;
    c.StatusHandler = Status;
    /* RECEIVE */
    status = NdisFRegisterFilterDriver(driver, NULL, &c, &Driver);
    DbgPrint("loser registers: %x\n", status);
    return status;
}
C
limit=60
try() {     # SED: builds loser.sys with these changes and runs it above vionet
    sed "$1" "$TMP/loser.c" >"$TMP/loser/loser.c"
    "$RING3" build "$TMP/loser" --out="$TMP/out" >"$TMP/log" 2>&1 || fail "the driver does not build"
    timeout -s KILL $limit "$RING3" run "$BUILD/drivers/vionet/vionet.sys" "$TMP/out/loser.sys" --nic=slirp --ip=10.0.2.15/24 --ping=10.0.2.2,count=1 \
        --for=500ms >"$TMP/log" 2>&1 &
    wait $! 2>/dev/null
    code=$?
}

try 's|/. UNLOAD ./|NdisFDeregisterFilterDriver(Driver);|'
[ $code -eq 0 ] || fail "a filter that does nothing is not exit code 0"
grep -q 'loser is detached' "$TMP/log" || fail "the module was not detached"

try 's|/. none ./||'
[ $code -eq 1 ] || fail "a registration left behind is not exit code 1"
grep -q 'loser left a filter driver, made at' "$TMP/log" || fail "the registration is not named"
grep -q 'loser.sys!DriverEntry' "$TMP/log" || fail "the function that registered is not told"
grep -q 'loser is detached\|STOP' "$TMP/log" && fail "a driver that is gone was called"

try 's|/. UNLOAD ./|if (Lost) NdisFReturnNetBufferLists(Module, Lost, 0); NdisFDeregisterFilterDriver(Driver);|; s|/. RECEIVE ./|c.ReceiveNetBufferListsHandler = Receive;|'
grep -q 'unanswered' "$TMP/log" || fail "the answer was not taken away"
grep -q 'ndis-misuse' "$TMP/log" && fail "a list that is returned in time is a finding"

# The miniport waits for its list for ever, as it would on Windows: the run does not end by itself.
limit=8
try 's|/. UNLOAD ./|NdisFDeregisterFilterDriver(Driver);|; s|/. RECEIVE ./|c.ReceiveNetBufferListsHandler = Receive;|'
grep -q 'a filter module is paused and still has NET_BUFFER_LISTs of other drivers' "$TMP/log" || fail "the lost list is not told"
grep -q 'loser.sys!Pause' "$TMP/log" || fail "the driver that lost it is not named"
exit 0
