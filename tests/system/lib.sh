# What the system tests share. Not executable: tests/run takes only what is. A test sources it, says `ok` or `bad` for
# each expectation, and ends with `finish`.
unset MAKEFLAGS MFLAGS     # of the make that runs the tests: its jobs are not those of the projects made here
BUILD=${BUILD:-build}
RING3=${RING3:-$BUILD/ring3}
VIONET=$BUILD/drivers/vionet/vionet.sys
if [ -z "${TMP:-}" ]; then
    TMP=$(mktemp -d)
    trap 'rm -rf "$TMP"' EXIT
fi
wrong=0

ok() { echo "ok $1"; }
bad() { echo "not ok $1"; wrong=1; }
skip() { echo "skip: $1"; exit 77; }
finish() { exit $wrong; }
needs() { [ -e "$1" ] || skip "$1 is not built"; }

# free_ports N: prints N ports that are free for TCP and UDP on loopback. They are below the range from which Linux gives ports to
# clients, and chosen at random: tests that run at once do not meet.
free_ports() {
    perl -MIO::Socket::INET -e '
        my ($n, %held) = @ARGV;
        for (1 .. 10000) {
            last if keys %held == $n;
            my $port = 10240 + int rand 20000;
            my @at = (LocalAddr => "127.0.0.1", LocalPort => $port);
            my $udp = IO::Socket::INET->new(@at, Proto => "udp") or next;
            my $tcp = IO::Socket::INET->new(@at, Proto => "tcp", Listen => 1) or next;
            $held{$port} = [$udp, $tcp];
        }
        keys %held == $n or die "no free ports\n";
        print join(" ", keys %held), "\n"' "$1"
}

# expect NAME CODE TEXT COMMAND...: the exit code, and a text in what it printed (stdout and stderr).
expect() {
    name=$1 code=$2 text=$3
    shift 3
    "$@" >"$TMP/out" 2>&1
    got=$?
    if [ "$got" -eq "$code" ] && grep -qF -- "$text" "$TMP/out"; then
        ok "$name"
    else
        bad "$name: exit code $got, expected $code and '$text' in:"
        head -n 20 "$TMP/out" | sed 's/^/    /'
    fi
}

# hex BYTES...: writes bytes given in hexadecimal to stdout.
hex() { for byte; do printf "\\$(printf '%03o' "0x$byte")"; done; }
