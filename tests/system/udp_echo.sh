#!/bin/sh
# The host reaches a UDP service of the computer through a forwarded port of slirp, and gets every datagram back.
. tests/system/lib.sh
needs "$VIONET"
command -v perl >/dev/null || skip 'perl is not installed'
port=$(free_ports 1)
"$RING3" run "$VIONET" --nic=slirp,hostfwd=udp:127.0.0.1:$port:7 --udp-echo=7 --for=30s >"$TMP/log" 2>&1 &
ring3=$!
cat >"$TMP/client.pl" <<'P'
use IO::Socket::INET;
my $s = IO::Socket::INET->new(Proto => "udp", PeerAddr => "127.0.0.1", PeerPort => $ARGV[0]) or die;
sub once {      # sends a datagram, and returns what comes back within 0.3 s
    my ($text, $set, $answer) = (shift, "", "");
    $s->send($text);
    vec($set, fileno($s), 1) = 1;
    return select($set, undef, undef, 0.3) > 0 && defined $s->recv($answer, 2000) ? $answer : "";
}
for (1 .. 40) { last if once("there?") eq "there?"; select(undef, undef, undef, 0.1); }
my $good = 0;
for my $n (1 .. 200) {
    my $text = "x$n" x (1 + $n);
    $good++ if once(substr($text, 0, 1400)) eq substr($text, 0, 1400);
}
print "$good\n";
P
good=$(perl "$TMP/client.pl" $port)
if [ "$good" = 200 ]; then ok '200 datagrams came back'; else bad "$good of 200 datagrams came back"; fi
kill -INT $ring3
wait $ring3
code=$?
if [ $code -eq 0 ]; then ok 'Ctrl-C ends the run cleanly'; else bad "exit code $code"; cat "$TMP/log"; fi
if grep -q 'ended by stopped' "$TMP/log"; then ok 'and says so'; else bad 'the report does not say so'; cat "$TMP/log"; fi
finish
