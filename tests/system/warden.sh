#!/bin/sh
# warden.sys on the path of wskecho's clients: permits without a policy, blocks and pends by its registry, takes a new policy and a
# decision by IOCTL; ends cleanly with a connection that still waits.
. tests/system/lib.sh
ECHO=$BUILD/drivers/wskecho/wskecho.sys
WARDEN=$BUILD/drivers/warden/warden.sys
needs "$VIONET"
needs "$ECHO"
needs "$WARDEN"
command -v perl >/dev/null || skip 'perl is not installed'
port=$(free_ports 1)
client() { timeout 20 perl tests/system/echo_client.pl 127.0.0.1 $port "$@"; }
ctl() { "$RING3" ctl --socket="$TMP/ctl" "$@"; }
policy() { ctl ioctl '\\.\Warden' 0x12,0x800,buffered,write --in="text:$1" >/dev/null; }

begin() {   # POLICY: the computer with it, waited for
    printf 'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\warden\\Parameters]\n"Policy"="%s"\n' "$1" >"$TMP/p.reg"
    "$RING3" run "$VIONET" "$ECHO" "$WARDEN" --nic=slirp,hostfwd=tcp:127.0.0.1:$port:7,hostfwd=udp:127.0.0.1:$port:7 --reg="$TMP/p.reg" \
        --ctl="$TMP/ctl" --for=120s >"$TMP/log" 2>&1 &
    ring3=$!
    for _ in $(seq 100); do
        client udp 1 >/dev/null 2>&1 && break
        sleep 0.1
    done
}

end() {     # NAME: asked to end; clean
    kill -INT $ring3
    wait $ring3
    code=$?
    if [ $code -eq 0 ] && grep -qF 'left over: 0 bytes of pool in 0 allocations; findings 0' "$TMP/log"; then ok "$1"
    else bad "$1: exit code $code"; tail -n 30 "$TMP/log" | sed 's/^/    /'; fi
}
logged() { if grep -qE "$2" "$TMP/log"; then ok "$1"; else bad "$1"; grep warden "$TMP/log" | head -n 20; fi }

begin 'permit out any any'
expect 'without a rule for it a connection is permitted' 0 'the line came back' client line
logged 'the decision is logged with layer, filter and sublayer' 'permit in tcp [0-9.:]* > 10.0.2.15:7 at ALE_AUTH_RECV_ACCEPT_V4, filter [0-9]+, sublayer 36864'
policy 'block in tcp 7'
if client line >"$TMP/out" 2>&1; then bad 'a blocked client is served'; else ok 'a new policy blocks while it runs'; fi
logged 'the block is logged' 'block in tcp'
policy 'inspect any any any'
expect 'an inspected connection is served' 0 'the line came back' client line
ctl ioctl '\\.\Warden' 0x12,0x801,buffered,read --out-length=100 --format=binary >"$TMP/out"
grep -q '^inspect any any any' "$TMP/out" && ok 'the policy can be read' || bad 'the policy cannot be read'
expect 'text that is no policy is refused' 1 'STATUS_INVALID_PARAMETER' ctl ioctl '\\.\Warden' 0x12,0x800,buffered,write --in='text:burn in tcp 7'
"$RING3" wfp --socket="$TMP/ctl" >"$TMP/out" 2>&1 || "$RING3" ctl --socket="$TMP/ctl" wfp >"$TMP/out" 2>&1
grep -q 'warden' "$TMP/out" && ok 'ring3 wfp shows its filters' || { bad 'ring3 wfp does not show its filters'; head -5 "$TMP/out"; }
end 'it ends cleanly'

"$RING3" run "$WARDEN" --for=200ms --ctl="$TMP/ctl2" >"$TMP/log" 2>&1 &
ring3=$!
for _ in $(seq 50); do
    "$RING3" ctl --socket="$TMP/ctl2" ioctl '\\.\Warden' 0x12,0x801,buffered,read --out-length=100 --format=binary >"$TMP/out" 2>/dev/null && break
done
wait $ring3
grep -q '^inspect any any any' "$TMP/out" && ok 'the INF of a primitive driver has its first policy' || bad 'the INF of a primitive driver is not looked at'

begin 'pend in tcp 7 300 permit'
expect 'a pended connection goes on when its time is over' 0 'the line came back' client line
logged 'it waited' 'pend in tcp'
logged 'and was permitted' 'permit .after waiting. in tcp'
policy 'pend in tcp 7 300 block'
if client line >"$TMP/out" 2>&1; then bad 'a connection that is denied in the end is served'; else ok 'a pended connection may be denied'; fi
policy 'pend in tcp 7 60000 block'
client line >"$TMP/line" 2>&1 &
waiting=$!
for _ in $(seq 100); do
    ctl ioctl '\\.\Warden' 0x12,0x803,buffered,read --out-length=500 --format=binary >"$TMP/out" 2>/dev/null
    grep -q ' in tcp ' "$TMP/out" && break
    sleep 0.05
done
ctl wfp >"$TMP/wfp" 2>&1
if grep -qE '^pending classifications: [1-9]' "$TMP/wfp" &&
    grep -qE '^  ALE_AUTH_RECV_ACCEPT_V4: by warden(\.sys)? since [0-9]+ ms: 10\.0\.2\.15 port 7 from [0-9.]+ port [0-9]+, protocol 6' "$TMP/wfp"
then ok 'ring3 wfp shows what waits, for whom and since when'; else bad 'ring3 wfp does not show what waits'; sed 's/^/    /' "$TMP/wfp"; fi
if grep -qE '^  ALE_AUTH_RECV_ACCEPT_V4: blocked by filter [0-9]+ "warden", callout [0-9]+ of warden(\.sys)?: 10\.0\.2\.15 port 7 from' "$TMP/wfp"
then ok 'and what was dropped, by which filter and driver'; else bad 'ring3 wfp does not show what was dropped'; sed 's/^/    /' "$TMP/wfp"; fi
ctl wfp --format=json >"$TMP/wfp" 2>&1
if perl -MJSON::PP -e 'local $/; my $e = decode_json(<STDIN>);
    my ($layer) = grep { $_->{layer} eq "ALE_AUTH_RECV_ACCEPT_V4" } @{$e->{layers}};
    my ($sublayer) = grep { $_->{weight} == 36864 } @{$layer->{sublayers}};
    my ($callout) = grep { $_->{id} == $sublayer->{filters}[0]{callout} } @{$e->{callouts}};
    exit !($e->{pending} == @{$e->{pended}} && $e->{pended}[0]{driver} =~ /^warden/ && $e->{drops}[0]{driver} =~ /^warden/ &&
           $e->{drops}[0]{name} eq "warden" && $layer->{blocked} && $layer->{absorbed} && $sublayer->{filters}[0]{action} eq "callout-unknown" &&
           $callout->{driver} =~ /^warden/ && $callout->{calls} > 1)' <"$TMP/wfp"
then ok 'the same as JSON'; else bad 'the same as JSON'; sed 's/^/    /' "$TMP/wfp"; fi
number=$(awk '/ in tcp / { printf "%02x000000", $1; exit }' "$TMP/out")
ctl ioctl '\\.\Warden' 0x12,0x804,buffered,write --in="${number}01000000" >"$TMP/out" 2>&1 && ok 'a decision by IOCTL' || bad 'no decision by IOCTL'
wait $waiting
grep -q 'the line came back' "$TMP/line" && ok 'the connection goes on' || bad 'the connection does not go on'
expect 'nothing of that number waits any more' 1 'STATUS_NOT_FOUND' ctl ioctl '\\.\Warden' 0x12,0x804,buffered,write --in="${number}01000000"
client line >/dev/null 2>&1 &
sleep 0.3
end 'it ends cleanly with a connection that waits'
finish
