#!/usr/bin/env bash
# An NDIS 5 driver is recognised by what it imports, and told what NDIS 6 has instead.
. tests/system/lib.sh
command -v clang-19 >/dev/null && command -v lld-link-19 >/dev/null || skip 'clang-19 and lld-19 are not installed'
command -v llvm-dlltool-19 >/dev/null || skip 'llvm-dlltool-19 is not installed'
mkdir -p "$TMP/old"
cat >"$TMP/old.def" <<'DEF'
LIBRARY ndis.sys
EXPORTS
NdisRegisterProtocol
NdisAllocatePacket
NdisIMRegisterLayeredMiniport
DEF
cat >"$TMP/old.c" <<'C'
__declspec(dllimport) void NdisRegisterProtocol(int *, void **, void *, unsigned);
__declspec(dllimport) void NdisAllocatePacket(int *, void **, void *);
__declspec(dllimport) int NdisIMRegisterLayeredMiniport(void *, void *, unsigned, void **);

int DriverEntry(void *driver, void *path)
{
    int status;
    void *handle;

    NdisRegisterProtocol(&status, &handle, driver, 0);
    NdisAllocatePacket(&status, &handle, path);
    return NdisIMRegisterLayeredMiniport(driver, path, 0, &handle);
}
C
llvm-dlltool-19 -m i386:x86-64 -d "$TMP/old.def" -l "$TMP/old.lib" &&
    clang-19 --target=x86_64-pc-windows-msvc -ffreestanding -c "$TMP/old.c" -o "$TMP/old.obj" &&
    lld-link-19 /driver /subsystem:native /entry:DriverEntry /nodefaultlib /out:"$TMP/old.sys" "$TMP/old.obj" "$TMP/old.lib" || skip 'the old driver does not build'
run() { timeout -k 5 20 "$RING3" run "$TMP/old.sys" --for=1ms --ctl=off; }
expect 'it is recognised, with exit code 3' 3 'old.sys is an NDIS 5.x driver: it has to be ported' run
expect 'a protocol is told how to register' 3 'NdisRegisterProtocol  (NDIS 5; NDIS 6 has NdisRegisterProtocolDriver)' run
expect 'and how to make what it sends' 3 'NdisAllocatePacket  (NDIS 5; NDIS 6 has NdisAllocateNetBufferAndNetBufferList)' run
expect 'an intermediate driver, too' 3 'NdisMRegisterMiniportDriver with NDIS_INTERMEDIATE_DRIVER' run
finish
