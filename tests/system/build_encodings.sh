#!/bin/sh
# ring3 build: sources, resource scripts and message files that an editor saved as UTF-16, or marked as UTF-8.
. tests/system/lib.sh
command -v clang-19 >/dev/null || skip 'clang-19 is not installed'
case $RING3 in /*) ;; *) RING3=$PWD/$RING3 ;; esac
mkdir -p "$TMP/e/inc" && cd "$TMP/e" || exit 1
wide() { (printf '\377\376'; iconv -f UTF-8 -t UTF-16LE "$1") >wide && mv wide "$1"; }
cat >e.c <<'C'
#include <ntddk.h>
#include "e_log.h"
#include "resource.h"
NTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING r)
{
    DbgPrint("e: %x %d %ws %wZ\n", E_HELLO, IDS_ONE, L"gr\u00fcn" + 4, r);
    return d ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}
C
printf '#define IDS_ONE 101\n' >resource.h
cat >e.rc <<'C'
#include "resource.h"
#include "winres.h"
#pragma code_page(1252)
#include "e_log.rc"
VS_VERSION_INFO VERSIONINFO
FILEVERSION 1,0,0,1
FILEOS VOS_NT_WINDOWS32
FILETYPE VFT_DRV
BEGIN
    BLOCK "StringFileInfo"
    BEGIN
        BLOCK "040904b0"
        BEGIN
            VALUE "CompanyName", "Grün & Söhne"
        END
    END
END
C
cat >e_log.mc <<'M'
MessageIdTypedef=NTSTATUS

MessageId=1
Severity=Error
SymbolicName=E_HELLO
Language=English
Hello
.
M
wide e.rc; wide e_log.mc; wide e.c
expect 'UTF-16 sources, scripts and messages build' 0 'e.sys' "$RING3" build . --out=out
expect 'and are what they were' 0 'e: c0000001 101' "$RING3" run out/e.sys --for=1ms
company() { iconv -f UTF-8 -t UTF-16LE >wanted; perl -e 'local $/; open F, "<", $_ or die for @ARGV; open A, "<", $ARGV[0]; open B, "<", $ARGV[1]; exit(index(<A>, <B>) < 0)' "$1" wanted; }
printf 'Grün & Söhne' | company out/e.sys && ok 'a letter beyond ASCII arrives in the version' || bad 'a letter beyond ASCII does not arrive in the version'
printf '#error wrong\n' >e.c; wide e.c
expect 'errors name the source, not its copy' 4 "$TMP/e/e.c:1:2: error: wrong" "$RING3" build . --out=out
printf '#include <ntddk.h>\nNTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING r) { return d && r ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL; }\n' >e.c
(printf '\357\273\277'; iconv -f UTF-16 -t UTF-8 e.rc | sed 's/Söhne/Töchter/') >marked && mv marked e.rc
expect 'a script that is marked as UTF-8 builds' 0 'e.sys' "$RING3" build . --out=out
printf 'Grün & Töchter' | company out/e.sys && ok 'and its letters arrive' || bad 'its letters do not arrive'
printf '\377\376\000\330' >e.rc
expect 'a script that is no text is refused' 4 'has no place in UTF-16 text' "$RING3" build . --out=out
finish
