# A name server for tests: perl dns_server.pl PORT NAME=ADDRESS... Answers A, AAAA and PTR questions by UDP and TCP; a name
# that begins with "big." gets an answer cut short by UDP and whole by TCP; other names do not exist.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Socket qw(inet_pton AF_INET AF_INET6);

my ($port, @records) = @ARGV;
my %addresses;
for (@records) {
    my ($name, $address) = split /=/, $_, 2;
    push @{ $addresses{ lc $name } }, $address;
}
my $udp = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Proto => 'udp') or die "udp: $!";
my $tcp = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 5, ReuseAddr => 1) or die "tcp: $!";

$| = 1;
print "ready\n";

sub answer {
    my ($query, $cut_allowed) = @_;
    my ($id, $flags, $questions) = unpack 'nnn', $query;
    my ($at, @labels) = 12;
    while (my $n = ord substr $query, $at, 1) {
        push @labels, substr $query, $at + 1, $n;
        $at += 1 + $n;
    }
    my $name = lc join '.', @labels;
    my $type = unpack 'n', substr $query, $at + 1, 2;
    my $question = substr $query, 12, $at + 5 - 12;
    return pack('nnnnnn', $id, 0x8380, 1, 0, 0, 0) . $question if $cut_allowed && $name =~ /^big\./;
    return pack('nnnnnn', $id, 0x8183, 1, 0, 0, 0) . $question unless $addresses{$name};
    my @data;
    for my $address (@{ $addresses{$name} }) {
        my $bytes = $type == 12 ? join('', map { chr(length) . $_ } split /\./, $address) . "\0"
                  : $type == 1 && $address !~ /:/ ? inet_pton(AF_INET, $address)
                  : $type == 28 && $address =~ /:/ ? inet_pton(AF_INET6, $address) : undef;
        push @data, $bytes if defined $bytes;
    }
    return pack('nnnnnn', $id, 0x8180, 1, scalar @data, 0, 0) . $question .
        join '', map { pack('nnnNn', 0xc00c, $type, 1, 60, length) . $_ } @data;
}

my $select = IO::Select->new($udp, $tcp);
while (1) {
    for my $s ($select->can_read) {
        if ($s == $udp) {
            $udp->recv(my $query, 4096) // next;
            $udp->send(answer($query, 1));
        } else {
            my $c = $tcp->accept or next;
            sysread $c, my $length, 2;
            sysread $c, my $query, unpack 'n', $length;
            my $reply = answer($query, 0);
            syswrite $c, pack('n', length $reply) . $reply;
            close $c;
        }
    }
}
