#!/usr/bin/env bash
# A seeded schedule chooses behind every kernel call, too; the same seed chooses the same; reports name the same lines.
. tests/system/lib.sh
exits=$BUILD/tests/guest/schedule_exit.sys
needs "$exits"

seen() {        # SEED: "a b", how often others ran between a return and the next statement of the writer, of the reader
    "$RING3" run "$exits" --cpus=1 --clock=virtual --seed="$1" --for=1ms 2>&1 |
        sed -n 's/.*exits: \([0-9]*\) set but not mirrored, \([0-9]*\) mirrored.*/\1 \2/p'
}
for seed in 1 2 3; do
    set -- $(seen $seed)
    if [ "${1:-0}" -gt 10 ] && [ "${2:-0}" -gt 10 ]; then ok "seed $seed runs others at the exit of kernel calls"
    else bad "seed $seed: others ran $* times"; fi
    [ "$(seen $seed)" = "$*" ] && ok "seed $seed again is the same run" || bad "seed $seed gave two runs"
done

command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null || finish
mkdir -p "$TMP/leaky"
cat >"$TMP/leaky/leaky.c" <<'C'
#include <ntddk.h>

static VOID NTAPI Unload(PDRIVER_OBJECT driver)
{
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    static KSPIN_LOCK lock;

    driver->DriverUnload = Unload;
    ExAllocatePool2(POOL_FLAG_NON_PAGED, 32, 'kaeL');
    IoAllocateMdl(&lock, 1, FALSE, FALSE, NULL);
    KeAcquireSpinLockAtDpcLevel(&lock);
    KeReleaseSpinLockFromDpcLevel(&lock);
    return STATUS_SUCCESS;
}
C
"$RING3" build "$TMP/leaky" --out="$TMP/drv" >"$TMP/out" 2>&1 || bad "the driver does not build"
places() { "$RING3" run "$TMP/drv/leaky.sys" --for=1ms "$@" 2>&1 | grep -o 'leaky.c:[0-9]*' | sort; }
fair=$(places --clock=virtual) seeded=$(places --clock=virtual --seed=5)
[ -n "$fair" ] && [ "$fair" = "$seeded" ] && ok 'findings name the same lines under a seed' ||
    bad "findings at $fair, under a seed at $seeded"
for line in 12 13 14 15; do
    case " $(echo $seeded) " in *" leaky.c:$line "*) ok "line $line has its finding" ;; *) bad "no finding at line $line: $seeded" ;; esac
done

mkdir -p "$TMP/foreign"
sed '/ExAllocate/d;/IoAllocate/d;/Acquire/d;s/Release.*/ReleaseSpinLock(\&lock, PASSIVE_LEVEL);/' "$TMP/leaky/leaky.c" >"$TMP/foreign/foreign.c"
"$RING3" build "$TMP/foreign" --out="$TMP/drv" >"$TMP/out" 2>&1 || bad "the second driver does not build"
expect 'a lock that nobody holds stops the system' 1 'SPIN_LOCK_NOT_OWNED' "$RING3" run "$TMP/drv/foreign.sys" --for=1ms --clock=virtual
grep -A 2 'finding.*spin-lock:' "$TMP/out" | grep -q 'foreign.c:12' && ok 'at the line that released it' || { bad 'its line is not named'; cat "$TMP/out"; }
finish
