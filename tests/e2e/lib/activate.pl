#!/usr/bin/env perl
# Opens sockets as a service manager does, and becomes the program with them from descriptor 3 on:
#
#   activate.pl [--wait] KIND... -- PROGRAM ARGUMENT...
#
# KIND: tcp (listens on 127.0.0.1), tcp6 (on ::1), any (on 0.0.0.0), idle (bound, does not listen),
# udp, unix=PATH, file, closed. Prints "socket PORT" for each that has a port. With --wait it
# becomes the program when a line comes on stdin. LISTEN_PID and LISTEN_FDS are what the environment
# says, or else right; "none" leaves them out.
use strict;
use warnings;
use Fcntl;
use POSIX ();
use Socket qw(:DEFAULT IPPROTO_TCP getaddrinfo AI_NUMERICHOST);

sub bound {
  my ($host, $type) = @_;
  my ($error, $found) =
    getaddrinfo($host, 0, {flags => AI_NUMERICHOST, socktype => $type});
  die "$host: $error" if $error;
  socket(my $socket, $found->{family}, $type, 0) or die "socket: $!";
  bind($socket, $found->{addr}) or die "bind: $!";
  return $socket;
}

# Prints its port, now that it is what it is to be.
sub told {
  my ($socket) = @_;
  my (undef, undef, $port) = Socket::getnameinfo(getsockname($socket),
                                          Socket::NI_NUMERICSERV() | Socket::NI_NUMERICHOST(),
                                          Socket::NIx_NOHOST());
  print "socket $port\n";
  return $socket;
}

sub listening {
  my $socket = bound($_[0], SOCK_STREAM);
  listen($socket, 64) or die "listen: $!";
  return told($socket);
}

my %kinds = (
  tcp => sub { listening('127.0.0.1') },
  tcp6 => sub { listening('::1') },
  any => sub { listening('0.0.0.0') },
  idle => sub { told(bound('127.0.0.1', SOCK_STREAM)) },
  udp => sub { told(bound('127.0.0.1', SOCK_DGRAM)) },
  file => sub { open(my $file, '<', '/dev/null') or die $!; $file },
  unix => sub {
    socket(my $socket, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
    bind($socket, pack_sockaddr_un($_[0])) or die "bind: $!";
    listen($socket, 1) or die "listen: $!";
    $socket;
  },
);

$| = 1;
my $wait = @ARGV && $ARGV[0] eq '--wait' && shift @ARGV;
my @passed;
while (@ARGV) {
  my ($kind, $argument) = split /=/, shift @ARGV, 2;
  last if $kind eq '--';
  push @passed, undef and next if $kind eq 'closed';
  my $handle = $kinds{$kind}->($argument);
  # Out of the way of those that they are to become.
  my $high = fcntl($handle, F_DUPFD, 64) or die "dup: $!";
  push @passed, $high;
  close $handle;
}
if ($wait) {
  defined(<STDIN>) or exit 0;
}
for my $i (0 .. $#passed) {
  my $fd = 3 + $i;
  if (!defined $passed[$i]) { POSIX::close($fd); next; }
  POSIX::dup2($passed[$i], $fd) or die "dup2: $!";
  POSIX::close($passed[$i]);
}
$ENV{LISTEN_PID} //= $$;
$ENV{LISTEN_FDS} //= scalar @passed;
for my $name (qw(LISTEN_PID LISTEN_FDS)) { delete $ENV{$name} if $ENV{$name} eq 'none' }
exec {$ARGV[0]} @ARGV or die "$ARGV[0]: $!";
