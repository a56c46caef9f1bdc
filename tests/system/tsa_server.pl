# A time-stamping authority for tests: perl tsa_server.pl PORT DIR [tls]. DIR/tsa.cnf is openssl ts' configuration; with "tls" one
# request is answered by https, with DIR/tls.pem and DIR/tls.key.
use strict;
use warnings;
use IO::Socket::INET;
use IPC::Open2;

my ($port, $dir, $tls) = @ARGV;
$SIG{PIPE} = 'IGNORE';
$| = 1;
if ($tls) {
    my $pid = open2(my $from, my $to, 'openssl', 's_server', '-accept', "127.0.0.1:$port", '-cert', "$dir/tls.pem", '-key',
                    "$dir/tls.key", '-quiet', '-naccept', '1');
    for (1 .. 200) {                    # connecting would use up the one connection
        open my $table, '<', '/proc/net/tcp' or die $!;
        last if grep { /:\Q@{[sprintf '%04X', $port]}\E 00000000:0000 0A/ } <$table>;
        select undef, undef, undef, 0.02;
    }
    print "ready\n";
    answer($from, $to);
    sleep 1;
    kill 'TERM', $pid;
    exit 0;
}
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 16, ReuseAddr => 1) or die "$!";
print "ready\n";
while (my $c = $listener->accept) {
    answer($c, $c);
    close $c;
}

sub answer {
    my ($c, $to) = @_;
    my $data = '';
    while ($data !~ /\r\n\r\n/) {
        sysread $c, $data, 4096, length $data or return;
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
    syswrite $to, "HTTP/1.0 200 OK\r\nContent-Type: application/timestamp-reply\r\nContent-Length: " . length($reply) . "\r\n\r\n$reply";
}
