#!/usr/bin/env perl
# A service manager's side of sd_notify(3): prints each datagram that comes to a Unix socket, a
# line's end as a space.
#
#   notify.pl PATH     ('@NAME' is an abstract socket)
use strict;
use warnings;
use Socket;

$| = 1;
my $path = $ARGV[0];
$path =~ s/^@/\0/;
socket(my $socket, AF_UNIX, SOCK_DGRAM, 0) or die "socket: $!";
bind($socket, pack_sockaddr_un($path)) or die "bind: $!";
print "bound\n";
while (defined recv($socket, my $state, 4096, 0)) {
  $state =~ s/\n(?!\z)/ /g;
  $state =~ s/\n?\z/\n/;
  print $state;
}
