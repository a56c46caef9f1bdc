#!/bin/sh
# A driver without an INF beside it: what it registered says which device it gets.
. tests/system/lib.sh
for name in vionet vlanmux lwfcount ramlun vioblk warden rawport; do
    needs "$BUILD/drivers/$name/$name.sys"
    cp "$BUILD/drivers/$name/$name.sys" "$TMP/"
done
run() { timeout -k 5 20 "$RING3" run "$@"; }
clean='left over: 0 bytes of pool in 0 allocations; findings 0'
at() { printf '%s/%s.sys' "$TMP" "$1"; }

expect 'a network miniport gets the card' 0 'ping 10.0.2.2: 4 sent, 4 answered' run "$(at vionet)" --nic=slirp --ping=10.0.2.2
expect 'and ring3 says what it took it for' 0 "vionet: there is no INF beside it; it is taken for the driver of PCI\\VEN_1AF4&DEV_1041" \
    run "$(at vionet)" --nic=null --for=100ms
expect 'every card' 0 'nic 1: virtio-net on null, driver vionet' run "$(at vionet)" --nic=null --nic=null --for=100ms
expect 'not a card that an INF gives to another' 0 'nic 0: virtio-net on null, driver vionet' \
    run "$(at ramlun)" "$VIONET" --nic=null --for=100ms
expect 'intermediate, filter and callout drivers work above it' 0 'ping 10.0.2.2: 4 sent, 4 answered' \
    run "$(at vionet)" "$(at vlanmux)" "$(at lwfcount)" "$(at warden)" --nic=slirp --ping=10.0.2.2
run "$(at vionet)" "$(at rawport)" "$(at lwfcount)" --nic=null --for=100ms --adapters >"$TMP/out" 2>&1
if grep -q 'protocol RAWPORT of rawport, running' "$TMP/out" && grep -q 'filter lwfcount' "$TMP/out"; then ok 'protocols and filters stand on it'
else bad 'protocols and filters stand on it'; sed 's/^/    /' "$TMP/out"; fi
expect 'and leave nothing' 0 "$clean" \
    run "$(at vionet)" "$(at vlanmux)" "$(at lwfcount)" "$(at warden)" --nic=slirp --ping=10.0.2.2
expect 'a storage miniport gets the disk' 0 'PhysicalDrive0: RING3 VIRTIO-BLK, 67108864 bytes, driver vioblk' \
    run "$(at vioblk)" --disk=mem:64M --for=100ms
expect 'not a network card' 0 'no driver serves network card 0' run "$(at vioblk)" --nic=null --disk=mem:64M --for=100ms
expect 'without a disk it is told so' 0 'and no disk that it could serve' run "$(at vioblk)" --for=100ms
expect 'a virtual miniport gets a device without hardware' 0 'PhysicalDrive0: ring3 RAM disk' run "$(at ramlun)" --for=100ms
run "$(at ramlun)" '--root-device=ROOT\SOMETHING' --for=100ms >"$TMP/out" 2>&1
if grep -qF 'driver of ROOT\SOMETHING' "$TMP/out" && ! grep -q PhysicalDrive1 "$TMP/out"; then ok 'the one the user made, and no other'
else bad 'the one the user made, and no other'; sed 's/^/    /' "$TMP/out"; fi
finish
