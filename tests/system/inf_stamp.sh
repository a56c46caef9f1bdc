#!/usr/bin/env bash
# ring3 inf stamp: each of StampInf's documented options, alone and together.
set -u
. "$(dirname "$0")/lib.sh"
case $RING3 in /*) ;; *) RING3=$PWD/$RING3 ;; esac
cd "$TMP" || exit 1
unset STAMPINF_DATE STAMPINF_VERSION PRIVATE_DRIVER_PACKAGE Platform
export SOURCE_DATE_EPOCH=90061           # 2 January 1970, 01:01:01

cat >a.inx <<'I'
; an INX file
[Version]
Signature = "$Windows NT$"
DriverVer = 03/04/2020,9.8.7.6

[Manufacturer]
%Us% = Models, NT$ARCH$.10.0...16299
[Models.NT$ARCH$.10.0...16299]
%Device% = Install, ROOT\X
[Install]
AddReg = x$KMDFCOINSTALLERVERSION$, y$UMDFCOINSTALLERVERSION$, $arch$
[Wdf]
KmdfLibraryVersion = $KMDFVERSION$
UmdfLibraryVersion = $UMDFVERSION$
I

# stamps NAME TEXT OPTIONS..: the line TEXT is in what comes out.
stamps() {
    name=$1 text=$2
    shift 2
    rm -f a.inf
    if "$RING3" inf stamp a.inx "$@" >out 2>&1 && grep -qxF -- "$text" a.inf; then ok "$name"; else bad "$name"; cat out a.inf 2>/dev/null; fi
}
refuses() {
    name=$1 text=$2
    shift 2
    rm -f a.inf
    "$RING3" inf stamp a.inx "$@" >out 2>&1
    code=$?
    if [ $code -eq 4 ] && grep -qF -- "$text" out && [ ! -e a.inf ]; then ok "$name"; else bad "$name: exit code $code"; cat out; fi
}

stamps 'no option: the present date, the version that is there' 'DriverVer = 01/02/1970,9.8.7.6'
stamps '-d with a date' 'DriverVer = 10/20/2011,9.8.7.6' -d 10/20/2011
stamps '-d writes month and day with two digits' 'DriverVer = 05/06/2011,9.8.7.6' -d 5/6/2011
stamps '-d *' 'DriverVer = 01/02/1970,9.8.7.6' -d '*'
STAMPINF_DATE=7/8/2015 stamps '-d alone takes STAMPINF_DATE' 'DriverVer = 07/08/2015,9.8.7.6' -d
STAMPINF_DATE=7/8/2015 stamps 'no -d takes STAMPINF_DATE' 'DriverVer = 07/08/2015,9.8.7.6' -a x64
STAMPINF_DATE=7/8/2015 stamps '-d * is today for all that' 'DriverVer = 01/02/1970,9.8.7.6' -d '*'
refuses 'a thirteenth month' 'no date' -d 13/01/2020
refuses 'a date in another order' 'no date' -d 2020-01-02
stamps '-v with a version' 'DriverVer = 01/02/1970,11.30.20.15' -v 11.30.20.15
stamps '-v * is the time' 'DriverVer = 01/02/1970,1.1.1.0' -v '*'
STAMPINF_VERSION=4.3.2.1 stamps '-v alone takes STAMPINF_VERSION' 'DriverVer = 01/02/1970,4.3.2.1' -v
STAMPINF_VERSION=4.3.2.1 stamps 'no -v takes STAMPINF_VERSION' 'DriverVer = 01/02/1970,4.3.2.1'
refuses 'a version of three parts' 'no version' -v 1.2.3
refuses 'a part that is too large' 'from 0 to 65535' -v 1.2.3.65536
mkdir inc
printf '#define VER_PRODUCTMAJORVERSION 10\n#define VER_PRODUCTMINORVERSION 0\n#define VER_PRODUCTBUILD /* now */ 26100\n#define VER_PRODUCTBUILD 26100\n#define VER_PRODUCTBUILD_QFE 7\n' >inc/Ntverp.h
stamps '-i says where Ntverp.h is' 'DriverVer = 01/02/1970,10.0.26100.7' -i inc
STAMPINF_VERSION=4.3.2.1 stamps 'STAMPINF_VERSION comes before Ntverp.h' 'DriverVer = 01/02/1970,4.3.2.1' -i inc
refuses 'no Ntverp.h' 'no Ntverp.h' -i .
mkdir odd && grep -v QFE inc/Ntverp.h >odd/ntverp.h
refuses 'an Ntverp.h that lacks a number' 'no VER_PRODUCTBUILD_QFE' -i odd
refuses '-i without a directory' 'needs a value' -i
stamps '-a x64 is amd64' '[Models.NTamd64.10.0...16299]' -a x64
stamps '-a amd64' '%Us% = Models, NTamd64.10.0...16299' -a amd64
stamps '-a x86' '[Models.NTx86.10.0...16299]' -a x86
stamps '-a 64 is for Itanium' '[Models.NTia64.10.0...16299]' -a 64
stamps '-a ARM64' '[Models.NTARM64.10.0...16299]' -a arm64
stamps '-a names the variable with case' 'AddReg = x$KMDFCOINSTALLERVERSION$, y$UMDFCOINSTALLERVERSION$, $arch$' -a x64
stamps 'no -a, no Platform: $ARCH$ stays' '[Models.NT$ARCH$.10.0...16299]'
Platform=x64 stamps 'no -a takes Platform' '[Models.NTamd64.10.0...16299]'
Platform=x64 stamps '-a alone takes Platform' '[Models.NTamd64.10.0...16299]' -a
Platform=x64 stamps '-a comes before Platform' '[Models.NTx86.10.0...16299]' -a x86
refuses 'an architecture that there is not' 'no architecture' -a pdp11
refuses 'an architecture with what is no version' 'no architecture' -a x64.new
sed 's/NT\$ARCH\$.10.0...16299/NT$ARCH$/' a.inx >b.inx
"$RING3" inf stamp b.inx -a x64.10.0...22000 >out && grep -qxF '[Models.NTamd64.10.0...22000]' b.inf && ok '-a with a version of Windows' || { bad '-a with a version of Windows'; cat out b.inf; }
stamps '-c writes the catalog' 'CatalogFile = a.cat' -c a.cat
sed 's/^DriverVer.*/catalogfile = old.cat\n&/' a.inx >c.inx
"$RING3" inf stamp c.inx -c new.cat >out && grep -qxF 'CatalogFile = new.cat' c.inf && ! grep -q old.cat c.inf && ok '-c takes the place of the old one' ||
    { bad '-c takes the place of the old one'; cat c.inf; }
grep -q '^CatalogFile' b.inf && bad 'a catalog without -c' || ok 'no -c, no CatalogFile'
stamps '-k replaces the version of KMDF' 'KmdfLibraryVersion = 1.5' -k 1.5
stamps '-k and the co-installer' 'AddReg = x01005, y$UMDFCOINSTALLERVERSION$, $arch$' -k 1.5
stamps '-u replaces the version of UMDF' 'UmdfLibraryVersion = 1.5.0' -u 1.5.0
stamps '-k and -u together' 'AddReg = x01033, y02033, $arch$' -k 1.33 -u 2.33.0
refuses '-k without a version' 'needs a value' -k
refuses '-k with a word' 'no version of the form 1.15' -k new
refuses '-u with four parts' 'no version of the form 2.15.0' -u 1.2.3.4
stamps '-s puts DriverVer elsewhere' 'DriverVer = 01/02/1970,1.2.3.4' -s Install -v 1.2.3.4
grep -qxF 'DriverVer = 03/04/2020,9.8.7.6' a.inf && ok '-s leaves [Version] alone' || { bad '-s changes [Version]'; cat a.inf; }
refuses '-s with a section that there is not' 'no section [Nothing]' -s Nothing
expect '-f names the file' 0 'stamped a.inf' "$RING3" inf stamp -d 1/1/2020 -f a.inx
expect '-n tells what was stamped' 0 '$ARCH$ replaced 2 times' "$RING3" inf stamp a.inx -n -a x64
expect '-n tells DriverVer' 0 '[Version] DriverVer = 01/02/1970,1.1.1.1' "$RING3" inf stamp a.inx -v 1.1.1.1 -n
PRIVATE_DRIVER_PACKAGE=1 stamps 'a private package has the present date and time' 'DriverVer = 01/02/1970,1.1.1.0' -d 1/1/2020 -v 5.5.5.5
grep -qxF 'CatalogFile = delta.cat' a.inf && ok 'and its own catalog' || bad 'a private package without delta.cat'
PRIVATE_DRIVER_PACKAGE=1 stamps 'unless -c names one' 'CatalogFile = mine.cat' -c mine.cat
refuses 'an option that is not documented' 'no option' -x
expect 'no file' 2 'which file' "$RING3" inf stamp -d 1/1/2020

# What is not stamped stays, byte for byte.
printf '[Version]\r\nSignature = "$Windows NT$" ; \xe9\r\nDriverVer = 1/1/2001, \\\r\n   1.0.0.0\r\n[X]\r\ny = z' >d.inf
"$RING3" inf stamp d.inf -d 2/2/2002 -v 2.0.0.0 >/dev/null
printf '[Version]\r\nSignature = "$Windows NT$" ; \xe9\r\nDriverVer = 02/02/2002,2.0.0.0\r\n[X]\r\ny = z' >d.expected
cmp d.inf d.expected && ok 'an entry that goes on in the next line is replaced whole, all else stays' || bad 'more than DriverVer was changed'
printf '[Version]\r\nDriverVer = 1/1/2001,1.0.0.0\n[X]\r\ny = z\n\r' >j.inf
"$RING3" inf stamp j.inf >/dev/null
printf '[Version]\r\nDriverVer = 01/02/1970,1.0.0.0\n[X]\r\ny = z\n\r' | cmp - j.inf && ok 'each line keeps its end' || bad 'ends of lines were changed'
printf '[X]\r\n[Version]' >i.inf
"$RING3" inf stamp i.inf -c i.cat >/dev/null
printf '[X]\r\n[Version]\r\nDriverVer = 01/02/1970,1.0.0.0\r\nCatalogFile = i.cat\r\n' | cmp - i.inf && ok 'a header that ends the file gets a line of its own' || bad 'a header that ends the file runs into the entries'
printf '[Version]\nDriverVer = 1/1/2001, \\\n   1.2.3.4\n' >h.inf
"$RING3" inf stamp h.inf -d 2/2/2002 >/dev/null
grep -qxF 'DriverVer = 02/02/2002,1.2.3.4' h.inf && ok 'a version in the next line stays' || { bad 'a version in the next line is lost'; cat h.inf; }
{ printf '\xef\xbb\xbf'; tail -n +2 a.inx; } >e.inx
"$RING3" inf stamp e.inx -a x64 >/dev/null && head -c 3 e.inf | cmp - <(printf '\xef\xbb\xbf') && grep -q 'DriverVer = 01/02/1970' e.inf && ok 'the mark of UTF-8 stays' ||
    bad 'UTF-8 with a mark is not stamped'
for order in LE BE; do
    { [ $order = LE ] && printf '\xff\xfe' || printf '\xfe\xff'; iconv -f utf-8 -t utf-16$order a.inx; } >f.inx
    "$RING3" inf stamp f.inx -a x64 >/dev/null
    tail -c +3 f.inf | iconv -f utf-16$order -t utf-8 >f.txt
    "$RING3" inf stamp a.inx -a x64 >/dev/null
    cmp f.txt a.inf && ok "UTF-16 $order stays what it is" || bad "UTF-16 $order is not stamped"
done
printf '[Version]\n\0DriverVer = 1/1/2001,1.0.0.0\n' >g.inf
expect 'a NUL is refused' 4 'NUL' "$RING3" inf stamp g.inf
finish
