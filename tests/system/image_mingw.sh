#!/usr/bin/env bash
# Images from GNU ld: import tables of its making, DWARF symbols, with and without a preferred place.
set -u
command -v x86_64-w64-mingw32-gcc >/dev/null && command -v x86_64-w64-mingw32-dlltool >/dev/null || exit 77
fail() { echo "failed: $1"; cat "$TMP/log"; exit 1; }

cat >"$TMP/m.c" <<'C'
unsigned DbgPrint(const char *format, ...);
void KeBugCheckEx(unsigned code, unsigned long long a, unsigned long long b, unsigned long long c, unsigned long long d);

static void __attribute__((ms_abi)) unload(void *driver)
{
    (void)driver;
    DbgPrint("mingw goodbye\n");
}

static int __attribute__((noinline)) add(int *numbers, double scale)
{
    volatile char frame[3000];

    frame[7] = (char)numbers[0];
    return (int)(frame[7] * scale);
}

/* A pointer to a function in data: needs a relocation where the image moves. */
static int (*volatile table[])(int *, double) = { add };

int DriverEntry(void **driver, void *path)
{
    int three = 3;

    (void)path;
    driver[13] = unload;
    DbgPrint("mingw hello %d\n", table[0](&three, 14.0));
#ifdef CRASH
    *(volatile int *)16 = 1;
#endif
    return 0;
}
C
printf 'LIBRARY "ntoskrnl.exe"\nEXPORTS\nDbgPrint\nKeBugCheckEx\n' >"$TMP/nt.def"
x86_64-w64-mingw32-dlltool -d "$TMP/nt.def" -l "$TMP/libnt.a" || exit 77
build() {
    local out=$1
    shift
    x86_64-w64-mingw32-gcc -O1 -g -w -shared -nostdlib -fno-builtin -Wl,--subsystem,native -Wl,-e,DriverEntry "$@" \
        -o "$TMP/$out.sys" "$TMP/m.c" "$TMP/libnt.a" -lgcc >"$TMP/log" 2>&1 || fail "mingw cannot build it"
}

build moved -Wl,--dynamicbase
"$RING3" run "$TMP/moved.sys" --for=1ms >"$TMP/log" 2>&1 || fail "a relocatable image does not run"
grep -q 'mingw hello 42' "$TMP/log" && grep -q 'mingw goodbye' "$TMP/log" || fail "its output is wrong"

build crash -Wl,--dynamicbase -DCRASH
"$RING3" run "$TMP/crash.sys" --for=1ms >"$TMP/log" 2>&1
[ $? -eq 1 ] || fail "a crash is not exit code 1"
grep -q 'STOP 0x0000007E SYSTEM_THREAD_EXCEPTION_NOT_HANDLED' "$TMP/log" || fail "the bug check is not Windows'"
line=$(grep -n 'volatile int \*)16' "$TMP/m.c" | cut -d: -f1)
grep -q "crash.sys!DriverEntry.*(m.c:$line)" "$TMP/log" || fail "DWARF does not give file and line"
exit 0
