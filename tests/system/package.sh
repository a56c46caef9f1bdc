#!/usr/bin/env bash
# ring3 package: what an INF installs, with a catalog that other verifiers accept; errors of signability; a catalog against its files.
set -u
. "$(dirname "$0")/lib.sh"
needs "$VIONET"
command -v openssl >/dev/null && command -v osslsigncode >/dev/null || skip "openssl and osslsigncode judge catalogs"
case $RING3 in /*) ;; *) RING3=$PWD/$RING3 VIONET=$PWD/$VIONET ;; esac
cd "$TMP" || exit 1

mkdir d
cp "$VIONET" "${VIONET%.sys}.inf" d/
expect 'a package is made and signed' 0 'signed d/package/vionet.cat' "$RING3" package d --test-certificate=t.pfx
openssl x509 -inform DER -in t.cer -out t.pem
osslsigncode verify -CAfile t.pem -catalog d/package/vionet.cat -in d/package/vionet.sys >out 2>&1 && grep -q ^Succeeded out &&
    ok "the other verifier finds the driver in the catalog" || { bad "the other verifier does not accept the driver by the catalog"; head -5 out; }
openssl asn1parse -inform DER -in d/package/vionet.cat | grep -qi "$(sha256sum <d/package/vionet.inf | cut -c1-64)" &&
    ok "the INF is a member by its SHA-256" || bad "the INF is no member by its SHA-256"
expect 'the catalog fits' 0 'fits the package' "$RING3" package d/package --check=d/package/vionet.cat
openssl asn1parse -inform DER -in d/package/vionet.cat >asn1 2>&1 && grep -q '1.3.6.1.4.1.311.12.1.3' asn1 && ok 'it is a SHA-256 list' ||
    bad 'it is no SHA-256 list'

cp -r d/package e
printf '; one more line\r\n' >>e/vionet.inf
expect 'an INF that was edited afterwards is found' 1 'vionet.inf is not in the catalog' "$RING3" package e --check=e/vionet.cat
cp d/package/vionet.inf e/vionet.inf
printf '\x90' | dd of=e/vionet.sys bs=1 seek=5000 conv=notrunc status=none
expect 'a driver that was changed afterwards is found' 1 'vionet.sys is not in the catalog' "$RING3" package e --check=e/vionet.cat
osslsigncode verify -CAfile t.pem -catalog e/vionet.cat -in e/vionet.sys >out 2>&1 && bad 'the other verifier accepts a changed driver' ||
    ok 'the other verifier says so, too'

# Signing again does not change the image's digest: the catalog still fits.
cp d/package/* e/
"$RING3" sign --test-certificate=other.pfx e/vionet.sys >/dev/null
expect 'the catalog of a driver that is signed afterwards fits' 0 'fits the package' "$RING3" package e --check=e/vionet.cat

# The same input, the same bytes.
"$RING3" package d --out=one >/dev/null && "$RING3" package d --out=two >/dev/null
cmp one/vionet.cat two/vionet.cat && ok 'catalogs are made alike' || bad 'two catalogs of the same files differ'
"$RING3" package d --out=old --os=7_X64,10_X64 --page-hashes >/dev/null
openssl asn1parse -inform DER -in old/vionet.cat >asn1 2>&1
grep -q '1.3.6.1.4.1.311.12.1.2' asn1 && grep -q '1.3.6.1.4.1.311.12.2.2' asn1 && ok 'Windows 7 gets the older list' || bad 'Windows 7 gets no older list'
"$RING3" sign --test-certificate=t.pfx old/vionet.cat >/dev/null
osslsigncode verify -CAfile t.pem -catalog old/vionet.cat -in old/vionet.sys >out 2>&1 && grep -q ^Succeeded out &&
    ok 'the other verifier accepts the older list' || bad 'the other verifier does not accept the older list'

mkdir f
cp d/vionet.inf f/
expect 'a missing file is 22.9.1' 1 '22.9.1' "$RING3" package f
[ ! -e f/package ] && ok 'nothing is written then' || bad 'something is written in spite of errors'
edit() { sed "$1" d/vionet.inf >f/vionet.inf; cp "$VIONET" f/; }
edit 's/^DriverVer.*/DriverVer = 13\/45\/2020,1.0.0.0/'
expect 'a malformed DriverVer is 22.9.6' 1 '22.9.6' "$RING3" package f
edit 's/^DriverVer.*/DriverVer = 01\/01\/2199,1.0.0.0/'
expect 'a date in the future is 22.9.7' 1 '22.9.7' "$RING3" package f
edit 's/^DriverVer.*/DriverVer = 01\/01\/2003,1.0.0.0/'
expect 'an old date, too' 1 '22.9.7: vionet.inf: DriverVer 01/01/2003' "$RING3" package f
edit 's/^CatalogFile.*//'
expect 'an INF without CatalogFile is 22.9.4' 1 '22.9.4: vionet.inf: [Version] has no CatalogFile' "$RING3" package f
edit 's/^vionet.sys = 1/other.sys = 1/'
expect 'a file without an entry is 22.9.10' 1 '22.9.10: vionet.inf:' "$RING3" package f
edit 's/^vionet.sys = 1/vionet.sys = 1,..\\..\\x/'
expect 'a file outside the package is refused' 1 'leaves the package' "$RING3" package f
edit 's/^1 = %Disk%/2 = %Disk%/'
expect 'a disk that is not there is told with file and line' 1 'vionet.inf:' "$RING3" package f
mkdir g
expect 'a directory without INF is told' 4 'no INF' "$RING3" package g
expect 'an unknown Windows is told' 4 'no version of Windows' "$RING3" package d --os=95
head -c 100 d/package/vionet.cat >g/vionet.cat
expect 'a cut catalog is refused' 1 'no catalog' "$RING3" package d --check=g/vionet.cat
finish
