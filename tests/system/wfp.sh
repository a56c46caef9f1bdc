#!/bin/sh
# ring3 wfp: the filter engine of a running computer, as text and as JSON that parses.
. tests/system/lib.sh
needs "$VIONET"
sock=$TMP/wfp.sock
"$RING3" run "$VIONET" --nic=null --for=60s --log=warn --ctl="$sock" >"$TMP/run.out" 2>&1 &
computer=$!
for _ in $(seq 100); do [ -S "$sock" ] && break; sleep 0.05; done
expect 'layers are listed' 0 'layers with filters or traffic' timeout 20 "$RING3" wfp --socket="$sock"
expect 'drops are counted' 0 'drops: 0' timeout 20 "$RING3" ctl --socket="$sock" wfp
expect 'there is no graph of it' 2 'is not text or json' timeout 20 "$RING3" wfp --socket="$sock" --format=dot
timeout 20 "$RING3" wfp --socket="$sock" --format=json >"$TMP/wfp.json" 2>&1
if perl -MJSON::PP -e 'local $/; my $e = decode_json(<STDIN>); exit !(exists $e->{layers} && exists $e->{drops})' <"$TMP/wfp.json"; then
    ok 'JSON parses'
else
    bad 'JSON parses'
fi
kill "$computer" 2>/dev/null
wait "$computer" 2>/dev/null
finish
