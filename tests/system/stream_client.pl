# A client of an echo server behind streamedit: perl stream_client.pl PORT FIND REPLACE JOB [NUMBER]. What is sent is edited on its
# way to the server and on its way back. Prints one line saying what held, or dies.
#   line        a line with the phrase comes back edited twice
#   pieces      a phrase sent byte by byte is found
#   tail        the beginning of a phrase at the end of the stream comes back as it is
#   bulk BYTES  so many bytes with phrases in them, and beginnings of phrases
use strict;
use warnings;
use IO::Socket::IP;
use Socket qw(IPPROTO_TCP TCP_NODELAY);

my ($port, $find, $replace, $job, $number) = @ARGV;
$SIG{PIPE} = 'IGNORE';
$SIG{ALRM} = sub { die "no answer in time\n" };
alarm 100;

my $s = IO::Socket::IP->new(PeerHost => '127.0.0.1', PeerPort => $port, Type => SOCK_STREAM, Timeout => 20)
    or die "cannot connect: $@\n";
binmode $s;
setsockopt $s, IPPROTO_TCP, TCP_NODELAY, 1;

sub edited {
    my ($text) = @_;
    $text =~ s/\Q$find\E/$replace/g;
    return $text;
}

# What comes back for $data, sent in pieces, until the server ends.
sub answer {
    my ($data, $piece, $pause) = @_;
    my $child = fork // die "fork: $!\n";
    if (!$child) {
        for (my $at = 0; $at < length $data; $at += $piece) {
            my ($part, $done) = (substr($data, $at, $piece), 0);
            while ($done < length $part) {
                $done += syswrite($s, $part, length($part) - $done, $done) // exit 1;
            }
            select undef, undef, undef, $pause if $pause;
        }
        shutdown $s, 1;
        exit 0;
    }
    my $got = '';
    while (my $n = sysread $s, $got, 1 << 20, length $got) { }
    waitpid $child, 0;
    die "the client could not send all\n" if $?;
    return $got;
}

sub check {
    my ($data, $piece, $pause, $what) = @_;
    my $got = answer($data, $piece, $pause);
    my $want = edited(edited($data));
    return $what if $got eq $want;
    my $at = 0;
    $at++ while $at < length $got && $at < length $want && substr($got, $at, 1) eq substr($want, $at, 1);
    die 'got ' . length($got) . ' bytes, expected ' . length($want) . ", other from byte $at: '" . substr($got, $at, 40) . "'\n";
}

my %jobs = (
    line => sub { check("one $find, and $find$find.\n", 65536, 0, 'the line came back edited') },
    pieces => sub { check("one $find, and $find$find.\n", 1, 0.02, 'every piece was put together') },
    tail => sub { check('and ' . substr($find, 0, -1), 65536, 0, 'the end came back as it was') },
    bulk => sub {
        srand 7;
        my $data = '';
        while (length $data < $number) {
            my $kind = int rand 3;
            $data .= $kind == 0 ? $find : $kind == 1 ? substr($find, 0, 1 + int rand(length($find) - 1)) : 'x' x int rand 3000;
        }
        check($data, 7001, 0, 'bytes came back edited');
    },
);
print $jobs{$job}->(), "\n";
