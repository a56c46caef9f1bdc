#!/bin/sh
# What a driver changes with the IP Helper moves packets: two computers on one cable, and one whose frames are looked at.
. tests/system/lib.sh
DRIVER=$BUILD/tests/guest/ip_helper_remote.sys
needs "$VIONET"
needs "$DRIVER"
socket=$TMP/wire.sock

# case FILE NAME: a .reg file that lets the driver run this case alone.
case_file() {
    printf 'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\ip_helper_remote\\Parameters]\r\n"Test"="%s"\r\n' \
        "$2" >"$TMP/$1.reg"
}
# begin ARGUMENTS...: a computer with $socket that runs until end_server, which leaves its exit code in $server.
begin() {
    rm -f "$socket"
    "$RING3" run "$VIONET" --nic=link:"$socket" "$@" --for=60s >"$TMP/server" 2>&1 &
    server=$!
    while [ ! -S "$socket" ] && kill -0 $server 2>/dev/null; do sleep 0.05; done
}
end_server() {
    kill $server 2>/dev/null
    wait $server
    server=$?
}
case_file server one_end_has_a_second_address
case_file client the_other_end_has_a_route
case_file resolve the_peer_is_resolved
case_file neighbour a_neighbour_is_permanent
case_file duplicate a_duplicate_is_found
case_file router a_router_forwards
case_file weak a_weak_host_receives

begin "$DRIVER" --ip=10.9.0.1/24 --reg="$TMP/server.reg"
timeout 60 "$RING3" run "$VIONET" "$DRIVER" --nic=link:"$socket" --ip=10.9.0.2/24 --reg="$TMP/client.reg" --ping=10.60.0.1,count=2 >"$TMP/client" 2>&1
client=$?
end_server
if [ $server -eq 0 ] && [ $client -eq 0 ] && grep -q '2 sent, 2 answered' "$TMP/client"; then
    ok 'a route of one leads to a second address of the other'
else
    bad "exit codes $server and $client:"
    cat "$TMP/server" "$TMP/client"
fi

for what in 60:one_end_has_ipv6_addresses 61:one_end_has_an_ipv6_address_off_the_link; do
    case_file server6 "${what#*:}"
    case_file client6 the_other_end_has_ipv6_routes
    begin "$DRIVER" --reg="$TMP/server6.reg"
    expect "IPv6: ${what#*:}" 0 '2 sent, 2 answered' timeout 60 "$RING3" run "$VIONET" "$DRIVER" --nic=link:"$socket" \
        --reg="$TMP/client6.reg" --ping="2001:db8:${what%%:*}::1,count=2"
    end_server
done

expect 'without the route there is no way' 1 '10.60.0.1' \
    "$RING3" run "$VIONET" --nic=null --ip=10.9.0.2/24 --ping=10.60.0.1,count=1 --for=1s

for what in resolve:the_peer_is_resolved duplicate:a_duplicate_is_found; do
    begin --ip=10.9.0.1/24
    expect "the peer is on the wire: ${what#*:}" 0 "ok ${what#*:}" \
        timeout 60 "$RING3" run "$VIONET" "$DRIVER" --nic=link:"$socket" --ip=10.9.0.2/24 --reg="$TMP/${what%%:*}.reg" --for=1ms
    if grep -q '# skip' "$TMP/out"; then bad "${what#*:} was skipped"; fi
    end_server
done

# Two networks with a computer between them that forwards, or does not. route_between ANSWERS TRIES ARGUMENTS...: asks again while
# the far computer may not be there yet.
route_between() {
    answers=$1 tries=$2
    shift 2
    rm -f "$TMP/a.sock" "$TMP/b.sock"
    timeout 60 "$RING3" run "$VIONET" "$@" --nic=link:"$TMP/a.sock" --ip=10.1.0.1/24 --nic=link:"$TMP/b.sock" --ip=10.2.0.1/24 --for=60s \
        >"$TMP/router" 2>&1 &
    router=$!
    while { [ ! -S "$TMP/a.sock" ] || [ ! -S "$TMP/b.sock" ]; } && kill -0 $router 2>/dev/null; do sleep 0.05; done
    timeout 60 "$RING3" run "$VIONET" --nic=link:"$TMP/b.sock" --ip=10.2.0.2/24,10.2.0.1 --for=60s >"$TMP/far" 2>&1 &
    far=$!
    sleep 0.5
    for _ in $(seq $tries); do
        timeout 60 "$RING3" run "$VIONET" --nic=link:"$TMP/a.sock" --ip=10.1.0.2/24,10.1.0.1 --ping=10.2.0.2,count=2,timeout=1s >"$TMP/near" 2>&1
        grep -q "2 sent, $answers answered" "$TMP/near" && break
    done
    kill $far $router 2>/dev/null
    wait $far $router
}
route_between 2 10 "$DRIVER" --reg="$TMP/router.reg"
if grep -q '2 sent, 2 answered' "$TMP/near"; then ok 'a computer that forwards is a router'; else bad 'nothing came through'; cat "$TMP/router" "$TMP/near"; fi
route_between 0 1
if grep -q '2 sent, 0 answered' "$TMP/near"; then ok 'a computer forwards nothing unless it is told to'; else bad 'something came through'; cat "$TMP/near"; fi

# An address of the far interface, from the near network.
ask_far_address() {
    rm -f "$TMP/a.sock"
    timeout 60 "$RING3" run "$VIONET" "$@" --nic=link:"$TMP/a.sock" --ip=10.1.0.1/24 --nic=null --ip=10.2.0.1/24 --for=60s \
        >"$TMP/router" 2>&1 &
    router=$!
    while [ ! -S "$TMP/a.sock" ] && kill -0 $router 2>/dev/null; do sleep 0.05; done
    timeout 60 "$RING3" run "$VIONET" --nic=link:"$TMP/a.sock" --ip=10.1.0.2/24,10.1.0.1 --ping=10.2.0.1,count=2,timeout=1s >"$TMP/near" 2>&1
    kill $router 2>/dev/null
    wait $router
}
ask_far_address
if grep -q '2 sent, 0 answered' "$TMP/near"; then ok 'a strong host answers on the interface that has the address'; else bad 'it answered'; cat "$TMP/near"; fi
ask_far_address "$DRIVER" --reg="$TMP/weak.reg"
if grep -q '2 sent, 2 answered' "$TMP/near"; then ok 'a weak host answers on any interface'; else bad 'no answer'; cat "$TMP/router" "$TMP/near"; fi

# The frames of a ping to a permanent neighbour: its address is the destination, and nobody is asked by ARP for it.
timeout 60 "$RING3" run "$VIONET" "$DRIVER" --nic=null --capture="$TMP/out.pcap" --ip=10.9.0.2/24 --reg="$TMP/neighbour.reg" \
    --ping=10.9.0.77,count=1 --for=1s >"$TMP/out" 2>&1
od -An -v -tx1 "$TMP/out.pcap" 2>/dev/null | tr -d ' \n' >"$TMP/hex"
if grep -q 027766554433 "$TMP/hex"; then ok 'packets go to the permanent address'; else bad "no frame to 02:77:66:55:44:33"; cat "$TMP/out"; fi
if grep -q 0000000000000a09004d "$TMP/hex"; then bad 'the permanent neighbour was asked for'; else ok 'nobody asks for a permanent neighbour'; fi
finish
