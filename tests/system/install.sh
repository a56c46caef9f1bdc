#!/usr/bin/env bash
# make install: the program finds its SDK and drivers there, and the SDK builds drivers without it, by CMake and by pkg-config.
set -u
. "$(dirname "$0")/lib.sh"
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null || exit 77
source=$(cd "$(dirname "$0")/../.." && pwd)
case $BUILD in /*) ;; *) BUILD=$source/$BUILD ;; esac
make -s -C "$source" BUILD="$BUILD" -o all -o sdk-lib install DESTDIR="$TMP/dest" PREFIX=/usr >"$TMP/make.log" 2>&1 || { bad 'make install fails'; tail -5 "$TMP/make.log"; finish; }
cd "$TMP" || exit 1
installed=$TMP/dest/usr/bin/ring3
mkdir hello
cat >hello/hello.c <<'C'
#include <ntddk.h>
static VOID Unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }
NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    DbgPrint("hello from %wZ\n", path);
    driver->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
C
expect 'the installed program builds drivers' 0 'o/hello.sys' "$installed" build hello --out=o
expect 'and runs them' 0 'hello from' "$installed" run o/hello.sys --for=1s
expect 'its own drivers are there' 0 'findings 0' "$installed" run vionet --nic=null --no-tcpip --for=1s
expect 'a name that is none is told' 2 'neither a file nor a driver' "$installed" run novionet
if command -v cmake >/dev/null; then
    printf 'cmake_minimum_required(VERSION 3.20)\nproject(hello C)\nadd_executable(hello hello.c)\n' >hello/CMakeLists.txt
    cmake -S hello -B c -DCMAKE_TOOLCHAIN_FILE="$TMP/dest/usr/share/ring3/sdk/cmake/ring3-driver.cmake" >cmake.log 2>&1 && cmake --build c >>cmake.log 2>&1 ||
        { bad 'CMake does not build it'; tail -8 cmake.log; }
    expect 'a driver that CMake built runs' 0 'hello from' "$installed" run c/hello.sys --for=1s
fi
# The libraries by the names that projects for the WDK link: clang and lld alone, no ring3.
sdk=$TMP/dest/usr/share/ring3/sdk
cat >secure.c <<'C'
#include <ntddk.h>
#include <wdmsec.h>
#include <ntstrsafe.h>
static VOID Unload(PDRIVER_OBJECT driver) { IoDeleteDevice(driver->DeviceObject); }
NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Secure");
    CHAR text[40];
    PDEVICE_OBJECT device;
    NTSTATUS status = IoCreateDeviceSecure(driver, 0, &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE,
                                           &SDDL_DEVOBJ_SYS_ALL_ADM_ALL, NULL, &device);
    RtlStringCbPrintfA(text, sizeof text, "secure %d %d", path->Length > 0, NT_SUCCESS(status));
    DbgPrint("%s\n", text);
    driver->DriverUnload = Unload;
    return status;
}
C
flags=$(sed -n "s|^Cflags: ||p" dest/usr/lib/pkgconfig/ring3-sdk.pc | sed "s|\${sdk}|$sdk|g")
clang-19 $flags -c secure.c -o secure.obj 2>cc.log && lld-link-19 /driver /subsystem:native /nodefaultlib /entry:GsDriverEntry /out:secure.sys secure.obj \
    $sdk/lib/BufferOverflowFastFailK.lib $sdk/lib/wdmsec.lib $sdk/lib/ntstrsafe.lib $sdk/lib/libcntpr.lib $sdk/lib/uuid.lib $sdk/lib/ntoskrnl.lib $sdk/lib/hal.lib >>cc.log 2>&1 ||
    { bad 'the libraries do not link by the names of the WDK'; cat cc.log; }
expect 'the libraries link by the names of the WDK' 0 'secure 1 1' "$installed" run secure.sys --for=1ms

# GCC for mingw-w64 and GNU ld, by pkg-config and by CMake; a driver of ours that carries frames.
if command -v x86_64-w64-mingw32-gcc >/dev/null; then
    pc() { sed -n "s|^$1: ||p" dest/usr/lib/pkgconfig/ring3-sdk-mingw.pc | sed "s|\${sdk}|$sdk|g"; }
    x86_64-w64-mingw32-gcc $(pc Cflags) -O2 -Wall -Werror -fstack-protector-strong -o gnu.sys hello/hello.c $(pc Libs) >gcc.log 2>&1 || { bad 'GCC does not build it'; head -8 gcc.log; }
    expect 'a driver that GCC built runs' 0 'hello from' "$installed" run gnu.sys --for=1s
    x86_64-w64-mingw32-gcc $(pc Cflags) -O2 -Wall -o gnusecure.sys secure.c $(pc Libs) >gcc.log 2>&1 || { bad 'GCC does not build it'; head -8 gcc.log; }
    expect 'wdmsec and the safe strings are there for GCC' 0 'secure 1 1' "$installed" run gnusecure.sys --for=1ms
    x86_64-w64-mingw32-gcc $(pc Cflags) -w -O2 -I$sdk/shared -I$source/drivers/vionet -o vionet.sys $source/drivers/vionet/*.c -L$sdk/lib -ldrvlib $(pc Libs) >gcc.log 2>&1 || { bad 'GCC does not build vionet'; head -8 gcc.log; }
    cp $source/drivers/vionet/vionet.inf . && expect 'vionet, built by GCC, carries a ping' 0 'findings 0' "$installed" run vionet.sys --nic=slirp --ping=10.0.2.2 --for=1s
    grep -q ' [1-9][0-9]* answered' "$TMP/out" && ok 'and it is answered' || { bad 'the ping is not answered'; cat "$TMP/out"; }
    if command -v cmake >/dev/null; then
        cmake -S hello -B gc -DCMAKE_TOOLCHAIN_FILE="$sdk/cmake/ring3-driver-mingw.cmake" >cmake.log 2>&1 && cmake --build gc >>cmake.log 2>&1 || { bad 'CMake does not build it with GCC'; tail -8 cmake.log; }
        expect 'a driver that CMake built with GCC runs' 0 'hello from' "$installed" run gc/hello.sys --for=1s
        mkdir -p fx && cat >fx/fx.c <<'C'
#include <ntddk.h>
#include <wdf.h>
static VOID Unload(WDFDRIVER driver) { UNREFERENCED_PARAMETER(driver); DbgPrint("framework goodbye\n"); }
NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    WDF_DRIVER_CONFIG config;
    WDF_DRIVER_CONFIG_INIT(&config, WDF_NO_EVENT_CALLBACK);
    config.DriverInitFlags = WdfDriverInitNonPnpDriver;
    config.EvtDriverUnload = Unload;
    return WdfDriverCreate(driver, path, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
C
        printf 'cmake_minimum_required(VERSION 3.20)\nproject(fx C)\nadd_executable(fx fx.c)\nset_property(TARGET fx PROPERTY LINK_FLAGS "${RING3_KMDF}")\n' >fx/CMakeLists.txt
        cmake -S fx -B gf -DCMAKE_TOOLCHAIN_FILE="$sdk/cmake/ring3-driver-mingw.cmake" >cmake.log 2>&1 && cmake --build gf >>cmake.log 2>&1 || { bad 'CMake does not build a framework driver with GCC'; tail -8 cmake.log; }
        expect 'a framework driver that GCC built runs' 0 'framework goodbye' "$installed" run gf/fx.sys --for=1ms
    fi
fi
# A kit laid out as Microsoft's, made of our own files.
mkdir -p kit/Include/10.0.1.0 kit/Include/10.0.22621.0/km/crt kit/Include/10.0.22621.0/shared kit/Lib/10.0.22621.0/km/x64
cp -r $sdk/include/. kit/Include/10.0.22621.0/km/ && cp $sdk/lib/ntoskrnl.lib kit/Lib/10.0.22621.0/km/x64/
cp $sdk/lib/ring3drv.lib kit/Lib/10.0.22621.0/km/x64/BufferOverflowFastFailK.lib
expect "a driver builds with the user's own kit" 0 'k/hello.sys' "$installed" build hello --out=k --sdk=kit
expect 'and runs' 0 'hello from' "$installed" run k/hello.sys --for=1s
grep -q 'kit/Include/10.0.22621.0/km' k/hello.obj.d && ! grep -q 'share/ring3/sdk/include' k/hello.obj.d && ok 'its headers are the kit'"'"'s' || bad 'its headers are not the kit'"'"'s'
expect 'a directory that is no kit is told' 4 'no Windows Driver Kit' "$installed" build hello --out=k --sdk=hello
grep -q 'x86_64-pc-windows-msvc' dest/usr/lib/pkgconfig/ring3-sdk.pc && ! grep -q '@[A-Z]*@' dest/usr/lib/pkgconfig/ring3-sdk.pc dest/usr/share/ring3/sdk/cmake/ring3-driver.cmake &&
    ok 'the files for pkg-config and CMake are complete' || bad 'the files for pkg-config and CMake are not complete'
finish
