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
# A kit laid out as Microsoft's, made of our own files.
sdk=dest/usr/share/ring3/sdk
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
