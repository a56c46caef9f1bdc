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
case_file server one_end_has_a_second_address
case_file client the_other_end_has_a_route
case_file resolve the_peer_is_resolved
case_file neighbour a_neighbour_is_permanent

timeout 60 "$RING3" run "$VIONET" "$DRIVER" --nic=link:"$socket" --ip=10.9.0.1/24 --reg="$TMP/server.reg" --for=8s >"$TMP/server" 2>&1 &
server=$!
while [ ! -S "$socket" ] && kill -0 $server 2>/dev/null; do sleep 0.05; done
timeout 60 "$RING3" run "$VIONET" "$DRIVER" --nic=link:"$socket" --ip=10.9.0.2/24 --reg="$TMP/client.reg" --ping=10.60.0.1,count=2 >"$TMP/client" 2>&1
client=$?
wait $server
server=$?
if [ $server -eq 0 ] && [ $client -eq 0 ] && grep -q '2 sent, 2 answered' "$TMP/client"; then
    ok 'a route of one leads to a second address of the other'
else
    bad "exit codes $server and $client:"
    cat "$TMP/server" "$TMP/client"
fi

expect 'without the route there is no way' 1 '10.60.0.1' \
    "$RING3" run "$VIONET" --nic=null --ip=10.9.0.2/24 --ping=10.60.0.1,count=1 --for=1s

timeout 60 "$RING3" run "$VIONET" --nic=link:"$socket" --ip=10.9.0.1/24 --for=8s >"$TMP/server" 2>&1 &
server=$!
while [ ! -S "$socket" ] && kill -0 $server 2>/dev/null; do sleep 0.05; done
expect 'a neighbour is resolved on the wire' 0 'ok the_peer_is_resolved' \
    timeout 60 "$RING3" run "$VIONET" "$DRIVER" --nic=link:"$socket" --ip=10.9.0.2/24 --reg="$TMP/resolve.reg" --for=1ms
wait $server

# The frames of a ping to a permanent neighbour: its address is the destination, and nobody is asked by ARP for it.
timeout 60 "$RING3" run "$VIONET" "$DRIVER" --nic=null --capture="$TMP/out.pcap" --ip=10.9.0.2/24 --reg="$TMP/neighbour.reg" \
    --ping=10.9.0.77,count=1 --for=1s >"$TMP/out" 2>&1
od -An -v -tx1 "$TMP/out.pcap" 2>/dev/null | tr -d ' \n' >"$TMP/hex"
if grep -q 027766554433 "$TMP/hex"; then ok 'packets go to the permanent address'; else bad "no frame to 02:77:66:55:44:33"; cat "$TMP/out"; fi
if grep -q 0000000000000a09004d "$TMP/hex"; then bad 'the permanent neighbour was asked for'; else ok 'nobody asks for a permanent neighbour'; fi
finish
