#!/usr/bin/env bash
# ring3 inf check: an INF that keeps every rule, then each rule broken by one edit.
set -u
. "$(dirname "$0")/lib.sh"
case $RING3 in /*) ;; *) RING3=$PWD/$RING3 ;; esac
drivers=$(cd "$(dirname "$0")/../../drivers" && pwd)
cd "$TMP" || exit 1

cat >good.inf <<'I'
[Version]
Signature = "$Windows NT$"
Class = Net
ClassGuid = {4d36e972-e325-11ce-bfc1-08002be10318}
Provider = %Us%
CatalogFile = good.cat
DriverVer = 01/02/2025,1.2.3.4
PnpLockdown = 1

[Manufacturer]
%Us% = Models, NTamd64.10.0...16299

[Models.NTamd64.10.0...16299]
%Device% = Install, PCI\VEN_1234&DEV_5678

[SourceDisksNames]
1 = %Disk%

[SourceDisksFiles]
good.sys = 1

[DestinationDirs]
Files = 13

[Files]
good.sys

[Install]
CopyFiles = Files
AddReg = Values
Characteristics = 0x84

[Install.Services]
AddService = good, 2, Service

[Values]
HKR, Ndi, Service, 0, "good"
HKR, Some, Number, 0x00010001, 7
HKR, Some, Bytes, 1, 01,ff
HKR, Some, List, 0x00010000, "a"

[Service]
DisplayName = %Device%
ServiceType = 1
StartType = 3
ErrorControl = 1
ServiceBinary = %13%\good.sys
AddReg = Service.Values

[Service.Values]
HKR, Parameters, X, 0x00010001, 1

[Strings]
Us = "Contoso"
Device = "A card"
Disk = "A disk"
I
expect 'an INF that keeps the rules is valid' 0 'valid, 0 errors, 0 warnings' "$RING3" inf check --mode=w good.inf

# breaks CODE NAME SED [MODE]: one edit, one code.
breaks() {
    sed "$3" good.inf >bad.inf
    "$RING3" inf check --mode="${4:-w}" bad.inf >out 2>&1
    code=$?
    if grep -qE "(error|warning) $1:" out && { [ $code -eq 1 ] || ! grep -q "error $1:" out; }; then
        ok "$1 $2"
    else
        bad "$1 $2: exit code $code"; cat out
    fi
}
breaks 1001 'another signature' 's/Windows NT/Chicago/'
breaks 1002 'a quote that stays open' 's/"Contoso"/"Contoso/'
breaks 1010 'a ClassGuid that is none' 's/^ClassGuid.*/ClassGuid = 4d36e972/'
breaks 1011 'a manufacturer without models' 's/^%Us% = Models.*/%Us% =/'
breaks 1005 'a directive without section' 's/^AddReg = Values/AddReg = /'
breaks 1008 'a file without disk' 's/^good.sys = 1/good.sys =/'
breaks 1013 'a service without StartType' '/^StartType/d'
breaks 1014 'an impossible StartType' 's/^StartType.*/StartType = 9/'
breaks 1201 'a third value of DriverVer' 's/^DriverVer.*/&,more/'
breaks 1203 'a section that is not there' 's/^AddReg = Values/AddReg = Values, Nowhere/'
breaks 1204 'the provider Microsoft' 's/"Contoso"/"Microsoft"/'
breaks 1211 'two services of one device' 's/^AddService.*/&\nAddService = other, 2, Service/'
breaks 1212 'models and a primitive driver' 's/^\[Strings\]/[DefaultInstall.NTamd64]\n[Strings]/'
breaks 1213 'a catalog among the files' 's/^good.sys = 1/&\ngood.cat = 1/'
breaks 1214 'a catalog of another kind' 's/^CatalogFile.*/CatalogFile = good.txt/'
breaks 1217 'a version of three parts' 's/1.2.3.4/1.2.3/'
breaks 1218 'a thirteenth month' 's/01.02.2025/13\/02\/2025/'
breaks 1224 'an unknown root' 's/^HKR, Ndi/HKXX, Ndi/'
breaks 1230 'a file that is not listed' 's/^good.sys = 1/other.sys = 1/'
breaks 1233 'no catalog' '/^CatalogFile/d'
breaks 1234 'no class' '/^Class =/d'
breaks 1235 'an undefined string' 's/^Device = .*//'
breaks 1251 'a disabled service' 's/^StartType.*/StartType = 4/'
breaks 1253 'a service without name' 's/^AddService.*/AddService = , 0, Service/'
breaks 1254 'a binary without file' 's/^ServiceBinary.*/ServiceBinary = "%13%\\"/'
breaks 1263 'a list of strings as raw data' 's/0x00010001, 7/0x00070001, 07/'
breaks 1265 'appending to a number' 's/0x00010001, 7/0x00010009, 7/'
breaks 1267 'bytes that are none' 's/01,ff/01,xyz/'
breaks 1268 'a number that is none' 's/0x00010001, 7/0x00010001, seven/'
breaks 1271 'a model without install section' 's/^%Device% = Install, /%Device% = , /'
breaks 1272 'a service section for nobody' 's/^AddService.*/AddService = , 2, Service/'
breaks 1273 'an unknown disk' 's/^good.sys = 1/good.sys = 7/'
breaks 1274 'an unstamped architecture' 's/NTamd64/NT$ARCH$/'
breaks 1275 'files without destination' 's/^Files = 13//'
breaks 1280 'a class of another GUID' 's/^Class = Net/Class = System/'
breaks 1281 'a GUID of another class' 's/4d36e972/4d36e999/'
breaks 1285 'installing a class of Windows' 's/^\[Strings\]/[ClassInstall32.NTamd64]\n[Strings]/'
breaks 1287 'a decoration that there is not' 's/NTamd64/NTpdp11/'
breaks 1288 'a build of Windows 8' 's/10.0...16299/6.2...16299/'
breaks 1290 'an unknown directive of a service' 's/^StartType.*/&\nColour = red/'
breaks 1293 'a service name of Windows' 's/^AddService = good/AddService = Tcpip/'
breaks 1294 'a model that stands twice' 's/^%Device% = Install.*/&\n&/'
breaks 1296 'hardware without service' 's/^AddService.*//'
breaks 1297 'no hardware' 's/, PCI.*//'
breaks 1300 'a legacy directive' 's/^CopyFiles = Files/&\nLogConfig = Files/'
breaks 1320 'a global registry key' 's/^HKR, Some, Number.*/HKLM, SOFTWARE\\Some, , 0x10/'
breaks 1321 'a global registry value' 's/^HKR, Some, Number/HKLM, Some, Number/'
breaks 1322 'the old directory' 's/^Files = 13/Files = 12/'
breaks 1323 'a service key outside Parameters' 's/^HKR, Parameters, X/HKR, Elsewhere, X/'
breaks 1324 'no lock-down' '/^PnpLockdown/d'
breaks 1330 'two files for one place' 's/^good.sys$/good.sys\ngood.sys, other.sys/'
breaks 1421 'a primitive driver without architecture' 's/^\[Strings\]/[DefaultInstall]\n[Strings]/'
breaks 1422 'an uninstall section for new Windows' 's/^\[Strings\]/[DefaultUninstall.NTamd64]\n[Strings]/'
breaks 2083 'a section that nobody uses' 's/^\[Strings\]/[Unused]\nx = y\n[Strings]/'
breaks 2084 'a binary that is not copied' 's/^ServiceBinary.*/ServiceBinary = %13%\\other.sys/'
breaks 2085 'a binary without directory' 's/^ServiceBinary.*/ServiceBinary = good.sys/'
breaks 2418 'a modifying filter without class' 's/^HKR, Ndi, Service.*/HKR, Ndi, FilterType, 0x00010001, 2/'
breaks 2651 'needs without include' 's/^CopyFiles = Files/&\nNeeds = Elsewhere/'
expect '1000 a file that is not there' 1 'error 1000' "$RING3" inf check nowhere.inf
expect '1210 another provider' 1 'error 1210' "$RING3" inf check --provider=Fabrikam good.inf
printf '\xef\xbb\xbf' >bom.inf; cat good.inf >>bom.inf
expect '1003 UTF-8 with a mark' 1 'error 1003' "$RING3" inf check bom.inf
sed 's/^Class = Net/Class = Extension/; s/4d36e972-e325-11ce-bfc1-08002be10318/e2f84ce7-8efa-411c-aa69-97454ca4cb57/' good.inf >ext.inf
expect '1381 an extension without its number' 1 'error 1381' "$RING3" inf check ext.inf
sed -i 's/^Provider/ExtensionId = 17\nProvider/' ext.inf
expect '1380 a number that is no GUID' 1 'error 1380' "$RING3" inf check ext.inf

# Modes.
sed '/^PnpLockdown/d; s/^Files = 13/Files = 12/' good.inf >mild.inf
expect '/k only warns of the lock-down, and lets files go elsewhere' 0 '0 errors, 1 warning' "$RING3" inf check --mode=k mild.inf
expect '/w does not' 1 '2 errors' "$RING3" inf check --mode=w mild.inf
sed 's/NTamd64/NT$ARCH$/' good.inf >good.inx
expect 'an INX may have $ARCH$' 0 'valid' "$RING3" inf check good.inx
sed 's/^%Us% = Models.*/%Us% = Models, NTamd64, NTamd64.10.0...25319/; s/^\[Models.*/[Models.NTamd64.10.0...25319]/; s/^\[Strings\]/[Models.NTamd64]\n%Device% = Old, PCI\\VEN_1234\&DEV_5678\n[Old]\nCopyFiles = OldFiles\n[Old.Services]\nAddService = good, 2, OldService\n[OldFiles]\ngood.sys\n[OldService]\nServiceType=1\nStartType=3\nErrorControl=1\nServiceBinary=%12%\\good.sys\n&/; s/^Files = 13/&\nOldFiles = 12/' good.inf >both.inf
expect 'the old directory is for Windows before 10.0.17763' 1 'error 1322' "$RING3" inf check both.inf
expect '--wbuild says since when the rules of /w count' 0 'valid, 0 errors' "$RING3" inf check --wbuild=10.0.25319 both.inf
expect '--wbuild takes a decoration' 0 'valid, 0 errors' "$RING3" inf check --wbuild=NTAMD64.10.0.0.25319 both.inf
expect '--wbuild one build earlier' 1 'error 1322' "$RING3" inf check --wbuild=25318 both.inf
expect '--wbuild without a version' 2 'is a version' "$RING3" inf check --wbuild=new both.inf
expect '--rulever leaves newer sections alone' 0 'valid, 0 errors' "$RING3" inf check --rulever=10.0...22000 --wbuild=10.0.25319 both.inf
expect '--osver judges for one Windows' 0 'valid, 0 errors' "$RING3" inf check --osver=NTamd64.10.0...25319 both.inf
expect '--osver judges for an older one' 1 'error 1322' "$RING3" inf check --osver=NTamd64.10.0...22000 both.inf
expect '--osver without a version' 2 'no version of Windows' "$RING3" inf check --osver=new both.inf
expect '--info lists the devices' 0 'VEN_1234&DEV_5678	amd64	10.0.25319	[Install]' "$RING3" inf check --info both.inf
expect '--codes lists the codes' 0 'display drivers do not have	not judged: ' "$RING3" inf check --codes
expect 'a code that is not judged says why' 0 'not judged: ' "$RING3" inf check --code=1450
expect 'no code' 2 'no code' "$RING3" inf check --code=1234567
expect 'JSON' 1 '"code": 1324' "$RING3" inf check --format=json mild.inf
"$RING3" inf check --format=sarif mild.inf good.inf | perl -MJSON::PP -e 'local $/; my $r = decode_json(<>); exit($r->{runs}[0]{results}[0]{ruleId} ? 0 : 1)' &&
    ok 'SARIF is read by a JSON parser' || bad 'SARIF is no JSON'
sed 's/^Class = Net/Class = R\xe9seau/' good.inf >ansi.inf
"$RING3" inf check --format=json ansi.inf | perl -MJSON::PP -e 'local $/; my $r = decode_json(<>); exit($r->[0]{problems}[0]{text} =~ /R\x{e9}seau/ ? 0 : 1)' &&
    ok 'JSON of an ANSI file is JSON' || bad 'an ANSI character makes no JSON'
expect 'a code is explained' 0 '/w: error' "$RING3" inf check --code=1322

# The page lists the codes as the program has them.
codes() { awk -v from="$1" '$0 == from { on = 1; next } /^#/ { on = 0 } on && /^\|/' "$page" | grep -oE '\b[0-9]{4}\b' | sort -u; }
page=$drivers/../docs/verbs/inf.md
"$RING3" inf check --codes >all
grep -v 'not judged' all | cut -f1 >judged
grep 'not judged' all | cut -f1 >unjudged
codes '### Codes' | diff - judged && ok 'the page lists the codes that are judged' || bad 'the page lists other codes than are judged'
codes '### Codes that are not judged' | diff - unjudged && ok 'the page lists the codes that are not judged' ||
    bad 'the page lists other codes than are not judged'

for inf in "$drivers"/*/*.inf; do
    "$RING3" inf check --mode=h "$inf" >out || { bad "$inf is not valid"; cat out; }
done
ok 'the INFs of our own drivers are valid'
finish
