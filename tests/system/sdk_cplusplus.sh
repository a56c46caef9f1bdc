#!/bin/sh
# Sources written for the WDK compile as C++, with the warnings a driver project has, and as C of an older standard.
. tests/system/lib.sh
command -v clang-19 >/dev/null || skip 'clang-19 is not installed'

flags='--target=x86_64-pc-windows-msvc -fms-extensions -fms-compatibility-version=19.38 -ffreestanding -fasync-exceptions
    -nostdlibinc -fsyntax-only -Wall -Werror -Wno-unknown-pragmas -Wno-ignored-pragma-intrinsic -Wno-microsoft -Wno-pragma-pack
    -Wno-missing-braces -Wno-unused -D_AMD64_ -D_WIN64 -DNTDDI_VERSION=0x0A00000C -D_WIN32_WINNT=0x0A00 -DPOOL_NX_OPTIN=1
    -Isdk/include -Isdk/include/crt -Idrivers/lib'
try() {
    name=$1
    shift
    for source in wdk_style storport_style ndis_style; do
        if clang-19 $flags "$@" tests/guest/$source.c >"$TMP/out" 2>&1; then
            ok "$source $name"
        else
            bad "$source $name"
            head -n 20 "$TMP/out" | sed 's/^/    /'
        fi
    done
}

try 'as C++17' -x c++ -std=c++17
try 'as C++20' -x c++ -std=c++20
try 'as C11 without GNU extensions' -x c -std=c11
try 'as C17' -x c -std=gnu17
finish
