# A client of an echo server: perl echo_client.pl ADDRESS PORT JOB [NUMBER]. Prints one line saying what held, or dies.
#   line            a line comes back
#   parallel N      N connections at once, each sends 20 kB in pieces and gets them back
#   bulk BYTES      one connection sends so many bytes while it reads; all come back in order
#   half            the client stops sending first, and still gets everything, then the end
#   reset N         N connections end with a RST in the middle of their data
#   churn N         N connections one after the other, opened and closed
#   stall           a client that sends much and reads late gets it all
#   udp N           N datagrams of growing size come back
use strict;
use warnings;
use IO::Select;
use IO::Socket::IP;
use Socket qw(SOL_SOCKET SO_LINGER);

my ($address, $port, $job, $number) = @ARGV;
$number //= 1;
$SIG{PIPE} = 'IGNORE';
$SIG{ALRM} = sub { die "no answer in time\n" };
alarm 120;

sub open_tcp {
    my $s = IO::Socket::IP->new(PeerHost => $address, PeerPort => $port, Type => SOCK_STREAM, Timeout => 20)
        or die "cannot connect: $@\n";
    binmode $s;
    return $s;
}

sub pattern {   # SEED BYTES
    my ($seed, $bytes) = @_;
    my $block = join '', map { chr(($_ * 7 + $seed) & 255) } 0 .. 250;
    return substr($block x ($bytes / 251 + 1), 0, $bytes);
}

sub read_exactly {
    my ($s, $bytes) = @_;
    my $got = '';
    while (length $got < $bytes) {
        my $n = sysread $s, $got, $bytes - length $got, length $got;
        die "read: $!\n" unless defined $n;
        last unless $n;
    }
    return $got;
}

# Sends $data while reading; returns what came back, up to the length of $data.
sub exchange {
    my ($s, $data) = @_;
    my ($sent, $got) = (0, '');
    $s->blocking(0);
    while (length $got < length $data) {
        my ($r, $w) = ('', '');
        vec($r, fileno $s, 1) = 1;
        vec($w, fileno $s, 1) = 1 if $sent < length $data;
        select($r, $w, undef, 30) > 0 or die "stalled after $sent sent, " . length($got) . " read\n";
        if (vec($w, fileno $s, 1) && $sent < length $data) {
            my $n = syswrite $s, $data, 65536, $sent;
            die "write: $!\n" if !defined $n && !$!{EAGAIN};
            $sent += $n // 0;
        }
        if (vec($r, fileno $s, 1)) {
            my $n = sysread $s, $got, 1 << 20, length $got;
            die "read: $!\n" if !defined $n && !$!{EAGAIN};
            last if defined $n && $n == 0;
        }
    }
    $s->blocking(1);
    return $got;
}

my %jobs = (
    line => sub {
        my $s = open_tcp();
        print $s "hello\n";
        $s->flush;
        die "another line\n" unless read_exactly($s, 6) eq "hello\n";
        return 'the line came back';
    },
    parallel => sub {
        my @all = map { open_tcp() } 1 .. $number;
        for my $round (0 .. 9) {
            syswrite $all[$_], pattern($_ + $round, 2000) for 0 .. $#all;
            for my $i (0 .. $#all) {
                die "connection $i, round $round: other bytes\n"
                    unless read_exactly($all[$i], 2000) eq pattern($i + $round, 2000);
            }
        }
        return scalar(@all) . ' connections echoed';
    },
    bulk => sub {
        my $data = pattern(1, $number);
        die "other bytes\n" unless exchange(open_tcp(), $data) eq $data;
        return "$number bytes echoed";
    },
    half => sub {
        my $s = open_tcp();
        my $data = pattern(3, 50000);
        syswrite $s, $data;
        shutdown $s, 1;
        my $got = read_exactly($s, 50001);
        die "got " . length($got) . " bytes\n" unless $got eq $data;
        return 'everything came back, then the end';
    },
    reset => sub {
        for my $i (1 .. $number) {
            my $s = open_tcp();
            syswrite $s, pattern($i, 30000);
            setsockopt $s, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0);
            close $s;
        }
        return "$number connections reset";
    },
    churn => sub {
        for my $i (1 .. $number) {
            my $s = open_tcp();
            if ($i % 10 == 0) {
                syswrite $s, "x$i";
                die "connection $i: other bytes\n" unless read_exactly($s, length "x$i") eq "x$i";
            }
            close $s;
        }
        return "$number connections opened and closed";
    },
    stall => sub {
        my $s = open_tcp();
        my ($data, $sent) = (pattern(5, 64 << 20), 0);
        $s->blocking(0);
        for my $idle (1 .. 20) {        # nobody reads: sooner or later nothing more goes out
            my $n = syswrite $s, $data, 65536, $sent;
            $sent += $n if defined $n;
            redo if defined $n && $sent < length $data;
            select undef, undef, undef, 0.05;
        }
        die "everything was taken, nothing pushes back\n" if $sent == length $data;
        my $got = '';
        while (length $got < $sent) {
            my $r = '';
            vec($r, fileno $s, 1) = 1;
            select($r, undef, undef, 30) > 0 or die "stalled\n";
            sysread $s, $got, 1 << 20, length $got;
        }
        die "other bytes\n" unless $got eq substr $data, 0, $sent;
        return "pushed back, then everything came back";
    },
    udp => sub {
        my $s = IO::Socket::IP->new(PeerHost => $address, PeerPort => $port, Type => SOCK_DGRAM) or die "$@\n";
        my $select = IO::Select->new($s);
        my $good = 0;
        for my $i (1 .. $number) {
            my $data = pattern($i, 1 + $i * 7 % 1400);
            for my $try (1 .. 3) {
                $s->send($data);
                my $got = '';
                $s->recv($got, 65536) if $select->can_read(1);
                next unless $got eq $data;
                $good++;
                last;
            }
        }
        die "$good of $number datagrams came back\n" unless $good == $number;
        return "$number datagrams came back";
    },
);

die "no job $job\n" unless $jobs{$job};
print $jobs{$job}->(), "\n";
