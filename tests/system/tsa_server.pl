# A time-stamping authority for tests: perl tsa_server.pl PORT DIR. DIR/tsa.cnf is openssl ts' configuration.
use strict;
use warnings;
use IO::Socket::INET;

my ($port, $dir) = @ARGV;
$SIG{PIPE} = 'IGNORE';
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 16, ReuseAddr => 1) or die "$!";
$| = 1;
print "ready\n";
while (my $c = $listener->accept) {
    my $data = '';
    while ($data !~ /\r\n\r\n/) {
        sysread $c, $data, 4096, length $data or last;
    }
    my ($head, $body) = split /\r\n\r\n/, $data, 2;
    my ($length) = $head =~ /content-length: *(\d+)/i;
    while (length $body < ($length // 0)) {
        sysread $c, $body, 4096, length $body or last;
    }
    open my $q, '>:raw', "$dir/query.tsq" or die $!;
    print $q $body;
    close $q;
    system('openssl', 'ts', '-config', "$dir/tsa.cnf", '-reply', '-queryfile', "$dir/query.tsq", '-out', "$dir/reply.tsr") == 0
        or warn "openssl ts refused\n";
    open my $r, '<:raw', "$dir/reply.tsr" or die $!;
    my $reply = do { local $/; <$r> };
    syswrite $c, "HTTP/1.0 200 OK\r\nContent-Type: application/timestamp-reply\r\nContent-Length: " . length($reply) . "\r\n\r\n$reply";
    close $c;
}
