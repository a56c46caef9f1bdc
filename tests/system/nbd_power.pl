# An NBD client that writes blocks until the server loses its power, and then looks into the image: each block must hold what was flushed
# or written through and answered, or something written later, or parts of these.
#     perl nbd_power.pl SOCKET IMAGE SEED
# Prints "ANSWERS FLUSHES LOST TORN"; exit code 1 when a write is missing.
use strict;
use warnings;
use IO::Socket::UNIX;

my ($path, $image, $seed) = @ARGV;
my ($BLOCK, $BLOCKS, $DEPTH) = (512, 96, 8);
srand $seed;
my $s;
for (1 .. 200) {
    $s = IO::Socket::UNIX->new($path) and last;
    select undef, undef, undef, 0.02;
}
$s or die "nobody listens on $path\n";
$SIG{PIPE} = 'IGNORE';

sub get {           # SIZE: undef when the server has gone
    my ($size) = @_;
    my $data = '';
    while (length $data < $size) {
        my $n = sysread $s, $data, $size - length $data, length $data;
        return undef unless $n;
    }
    return $data;
}

sub put {
    my ($data) = @_;
    while (length $data) {
        my $n = syswrite $s, $data;
        return 0 unless $n;
        substr($data, 0, $n) = '';
    }
    return 1;
}

my (@durable, @answered, @newest, @busy) = ();
@durable = @answered = @newest = @busy = (0) x $BLOCKS;
my (%flight, $cookie, $answers, $flushes) = ();
($cookie, $answers, $flushes) = (0, 0, 0);

sub content { my ($n, $v) = @_; return $v ? pack('VV', $v, $n + 1) x ($BLOCK / 8) : "\0" x $BLOCK }

sub submit {
    my $dice = int rand 24;
    my $id = ++$cookie;
    if ($dice < 2) {
        $flight{$id} = { flush => [@answered] };
        return put(pack 'NnnQ>Q>N', 0x25609513, 0, 3, $id, 0, 0);
    }
    my ($first, $count, $free);
    do {
        ($first, $count, $free) = (int rand($BLOCKS - 8), 1 + int rand 8, 1);
        $busy[$_] and $free = 0 for $first .. $first + $count - 1;
    } until $free;
    my $fua = $dice < 5;
    my $data = '';
    for my $n ($first .. $first + $count - 1) {
        $busy[$n] = 1;
        $data .= content($n, ++$newest[$n]);
    }
    $flight{$id} = { first => $first, count => $count, fua => $fua };
    return put(pack('NnnQ>Q>N', 0x25609513, $fua ? 1 : 0, 1, $id, $first * $BLOCK, $count * $BLOCK) . $data);
}

sub take {
    my $reply = get(16) // return 0;
    my ($magic, $error, $id) = unpack 'NNQ>', $reply;
    die "magic $magic error $error\n" if $magic != 0x67446698 || $error;
    my $r = delete $flight{$id};
    $answers++;
    if ($r->{flush}) {
        $flushes++;
        for (0 .. $BLOCKS - 1) { $durable[$_] = $r->{flush}[$_] if $r->{flush}[$_] > $durable[$_] }
        return 1;
    }
    for my $n ($r->{first} .. $r->{first} + $r->{count} - 1) {
        $busy[$n] = 0;
        $answered[$n] = $newest[$n];
        $durable[$n] = $newest[$n] if $r->{fua};
    }
    return 1;
}

my $alive = get(18) && put(pack 'NQ>NN', 3, 0x49484156454F5054, 1, 0) && get(10);
for (1 .. $DEPTH) { $alive &&= submit() }
$alive &&= take() && submit() while $alive && $answers < 100000;
exit 2 if $alive;

open my $f, '<:raw', $image or die "$image: $!\n";
my ($lost, $torn, $wrong) = (0, 0, 0);
for my $n (0 .. $BLOCKS - 1) {
    read $f, my $block, $BLOCK;
    my @may = map { substr content($n, $_), 0, 8 } $durable[$n] .. $newest[$n];
    for my $at (0 .. $BLOCK - 1) {
        my $byte = substr $block, $at, 1;
        next if grep { substr($_, $at % 8, 1) eq $byte } @may;
        print STDERR "block $n, byte $at: neither version $durable[$n] nor any up to $newest[$n]\n" unless $wrong++;
        last;
    }
    $lost++ if $block ne content($n, $newest[$n]);
    $torn++ if $block ne substr($block, 0, 8) x ($BLOCK / 8);
}
print "$answers $flushes $lost $torn\n";
exit($wrong ? 1 : 0);
