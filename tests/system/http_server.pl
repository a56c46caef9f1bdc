# An HTTP/1.0 server for tests: perl http_server.pl PORT FILE. Every path is that file.
use strict;
use warnings;
use IO::Socket::INET;

my ($port, $file) = @ARGV;
$SIG{PIPE} = 'IGNORE';
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 16, ReuseAddr => 1) or die "$!";
$| = 1;
print "ready\n";
while (my $c = $listener->accept) {
    my $head = '';
    while ($head !~ /\r\n\r\n/) {
        sysread $c, $head, 4096, length $head or last;
    }
    if ($head =~ /^GET /) {
        open my $f, '<:raw', $file or die "$file: $!";
        syswrite $c, "HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: " . (-s $file) . "\r\n\r\n";
        while (sysread $f, my $block, 1 << 18) {
            my $at = 0;
            while ($at < length $block) {
                my $n = syswrite $c, $block, length($block) - $at, $at;
                last unless $n;
                $at += $n;
            }
        }
    }
    close $c;
}
