#!/bin/sh
# ring3 build: C++ sources with standards of their own, control flow guard, and what C++ does not have in a driver.
. tests/system/lib.sh
command -v clang-19 >/dev/null || skip 'clang-19 is not installed'
case $RING3 in /*) ;; *) RING3=$PWD/$RING3 ;; esac
mkdir -p "$TMP/p" && cd "$TMP/p" || exit 1
printf 'standard = c++20 c17\nguard = cf\n' >ring3.build
cat >p.cpp <<'C'
#include <ntddk.h>
#include <TraceLoggingProvider.h>
extern "C" DRIVER_INITIALIZE DriverEntry;
TRACELOGGING_DEFINE_PROVIDER(Provider, "Cplusplus", (0x3970f9cf, 0x2c0c, 0x4f11, 0xb1, 0xcc, 0xe3, 0xa1, 0xe9, 0x95, 0x88, 0x33));
void *__cdecl operator new(size_t size, POOL_FLAGS flags, ULONG tag) noexcept { return ExAllocatePool2(flags, size, tag); }
void __cdecl operator delete(void *p) noexcept { if (p) ExFreePool(p); }
void __cdecl operator delete(void *p, size_t) noexcept { if (p) ExFreePool(p); }
template <typename T> class Owner {
public:
    explicit Owner(T *p) noexcept : p_(p) {}
    Owner(Owner &&o) noexcept : p_(o.p_) { o.p_ = nullptr; }
    Owner(const Owner &) = delete;
    ~Owner() { delete p_; }
    T *operator->() const noexcept { return p_; }
    explicit operator bool() const noexcept { return p_ != nullptr; }
private:
    T *p_ = nullptr;
};
class SpinGuard final {
public:
    explicit SpinGuard(KSPIN_LOCK &lock) : lock_(lock) { KeAcquireSpinLock(&lock_, &old_); }
    ~SpinGuard() { KeReleaseSpinLock(&lock_, old_); }
private:
    KSPIN_LOCK &lock_;
    KIRQL old_;
};
template <typename T> concept Small = sizeof(T) <= 4;
template <Small T> constexpr T Twice(T v) { return v + v; }
struct Shape { virtual ULONG Area() const = 0; virtual ~Shape() = default; };
struct Square final : Shape { ULONG s; explicit Square(ULONG v) : s(v) {} ULONG Area() const override { return s * s; } };
constinit static int constant = Twice(4);
static KSPIN_LOCK lock;
__if_exists(Shape::Area) { static const int has_area = 1; }
__if_not_exists(Shape::Volume) { static const int no_volume = 1; }
static ULONG Guarded(PULONG p) { __try { return *p; } __except (EXCEPTION_EXECUTE_HANDLER) { return GetExceptionCode(); } }
extern "C" { static VOID Unload(PDRIVER_OBJECT) { TraceLoggingUnregister(Provider); } }
#pragma alloc_text(INIT, DriverEntry)
extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING)
{
    DriverObject->DriverUnload = Unload;
    TraceLoggingRegister(Provider);
    KeInitializeSpinLock(&lock);
    Owner<Shape> shape(new (POOL_FLAG_NON_PAGED, 'xxC1') Square(7));
    if (!shape) return STATUS_INSUFFICIENT_RESOURCES;
    auto plus = [&](auto x) noexcept { return x + shape->Area(); };
    ULONG code = Guarded(nullptr);
    SpinGuard guard(lock);
    if (auto sum = plus(1u); sum == 50)
        DbgPrint("p: %u %d %d%d %x irql %d\n", sum, constant, has_area, no_volume, code, KeGetCurrentIrql());
    return STATUS_SUCCESS;
}
C
expect 'classes, lambdas, concepts and SEH build as C++20' 0 'p.sys' "$RING3" build . --out=out
expect 'and work, guarded calls included' 0 'p: 50 8 11 c0000005 irql 2' "$RING3" run out/p.sys --for=1ms
expect 'the image says that it is guarded' 0 'CF_INSTRUMENTED' llvm-readobj-19 --coff-load-config out/p.sys
printf 'standard = c++98\n' >ring3.build
expect 'a standard there is not is refused with its line' 4 'ring3.build:1: c++98: standards are' "$RING3" build . --out=out
printf 'guard = yes\n' >ring3.build
expect 'so is another guard' 4 'guard is cf' "$RING3" build . --out=out
rm ring3.build
source() { printf '#include <ntddk.h>\n%s\nextern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING) { d->DriverUnload = nullptr; %s return STATUS_SUCCESS; }\n' "$1" "$2" >p.cpp; }
source 'int f(); static int at_start = f(); int f() { return (int)KeQueryInterruptTime(); } int *p = &at_start;' ''
expect 'a static initialiser is named: nobody runs it' 0 'p.cpp: warning: its static initialisers are not run' "$RING3" build . --out=out
source 'static constexpr int fixed = 5;' 'if (fixed != 5) return STATUS_UNSUCCESSFUL;'
if "$RING3" build . --out=out 2>&1 | grep -q initialisers; then bad 'constants are none'; else ok 'constants are none'; fi
source '' 'throw 5;'
expect 'exceptions are refused' 4 "cannot use 'throw' with exceptions disabled" "$RING3" build . --out=out
source '__declspec(thread) int y;' 'y++;'
expect 'so is thread-local storage' 4 '_tls_index' "$RING3" build . --out=out
finish
