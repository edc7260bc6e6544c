#!/usr/bin/env bash
# Makes the Debian package of a build, installs it into a fresh root of this system's release,
# uses it there, and takes it off again. Prints "ok NAME" and "not ok NAME". Needs root, and the
# mirror that this system's apt uses; the bare root is kept in build/packages for the next time.
#
#   deb.sh BUILD
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=/dev/null
. "$here/lib.sh"
build=$(cd "$1" && pwd)
kept=$here/../../build/packages
programs="rtpoll rtsse rtws rtmqtt rtrelay"

stop() {
  echo "not ok $*"
  exit 1
}
[ "$(id -u)" = 0 ] || stop "needs root, to make a Debian root and to enter it"
for tool in debootstrap dpkg-deb dpkg-shlibdeps file unshare; do
  PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null ||
    stop "$tool is missing: scripts/setup --packages installs it"
done
# shellcheck source=/dev/null
codename=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
architecture=$(dpkg --print-architecture)

# The mirrors of this system's own release as lines of sources.list, from either of apt's formats.
sources() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
    sed -nE 's/^deb +(\[[^]]*\] +)?([^ ]+) +([^ ]+) +(main|.* main)\b.*/deb \2 \3 main/p'
  cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk -v RS= '
    {
      uris = suites = ""
      main = 0
      enabled = 1
      lines = split($0, line, "\n")
      for (i = 1; i <= lines; i++) {
        if (line[i] ~ /^URIs:/) uris = substr(line[i], 6)
        if (line[i] ~ /^Suites:/) suites = substr(line[i], 8)
        if (line[i] ~ /^Components:(.* )?main( |$)/) main = 1
        if (line[i] ~ /^Enabled: *no/) enabled = 0
      }
      if (!main || !enabled) next
      n = split(uris, uri, " ")
      m = split(suites, suite, " ")
      for (i = 1; i <= n; i++) for (j = 1; j <= m; j++) print "deb", uri[i], suite[j], "main"
    }'
}
sources=$(sources | grep -E " $codename(-[a-z]+)? main$" | sort -u)
mirror=$(awk -v suite="$codename" '$3 == suite {print $2; exit}' <<<"$sources")
[ -n "$mirror" ] || stop "apt's sources name no mirror of $codename"

work=$(mktemp -d)
root=$work/root
trap 'rm -rf --one-file-system "$work"' EXIT

# --- the package ---------------------------------------------------------------------------------
make_package() {
  rm -f "$build"/packages/*.deb
  cpack --config "$build/CPackConfig.cmake"
}
check "cpack" make_package
package=$(echo "$build"/packages/rtwire_*_"$architecture".deb)
[ -f "$package" ] || stop "there is no package"

field() { dpkg-deb --field "$package" "$1"; }
field_has() { field "$1" | grep -Eq "$2" || { field "$1"; return 1; }; }
check "Package" field_has Package '^rtwire$'
check "Section" field_has Section '^net$'
check "Maintainer" field_has Maintainer '^The rtwire authors <.+@.+>$'
check "Homepage" field_has Homepage '^https://'
check "Depends on what it is linked to" field_has Depends 'libc6 .*libcurl4'
lacks_libwebsockets() { ! field Depends | grep -E 'libwebsockets|libuv'; }
check "Depends on no second WebSocket" lacks_libwebsockets
check "Depends on the editor of lines" field_has Depends 'libedit2'
check "Recommends the broker" field_has Recommends 'mosquitto'
is_stripped() {
  dpkg-deb --extract "$package" "$work/extracted"
  for program in $programs; do
    file "$work/extracted/usr/bin/$program" | grep -q ', stripped' || { echo "$program"; return 1; }
  done
}
check "programs are stripped" is_stripped
if command -v lintian >/dev/null; then
  # The first one asks for the bug of Debian's that an upload to Debian would close.
  check "lintian" lintian --allow-root --suppress-tags initial-upload-closes-no-bugs \
    --fail-on error,warning "$package"
fi

# --- the root ------------------------------------------------------------------------------------
make_root() {
  local archive=$kept/root-$codename-$architecture.tar
  if [ ! -f "$archive" ]; then
    mkdir -p "$kept"
    debootstrap --variant=minbase "$codename" "$root" "$mirror" || return
    printf '%s\n' "$sources" >"$root/etc/apt/sources.list"
    # No service is started in it.
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
    tar -C "$root" -cf "$archive.part" . && mv "$archive.part" "$archive"
  else
    mkdir "$root" && tar -C "$root" -xf "$archive"
  fi || return
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
}
check "a bare root of $codename" make_root
[ -x "$root/usr/bin/apt-get" ] || exit 1

# All that is started in it ends with it.
inside() {
  unshare --mount --pid --fork --kill-child --mount-proc="$root/proc" \
    chroot "$root" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@" </dev/null
}
apt() {
  inside apt-get -q -y -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 -o APT::Sandbox::User=root "$@"
}
# What is there, but for what apt and dpkg write for themselves.
list() {
  (cd "$root" && find . -path ./proc -prune -o -path ./sys -prune -o -path ./dev -prune -o \
    -path ./tmp -prune -o -path ./var/cache -prune -o -path ./var/log -prune -o \
    -path ./var/lib/apt -prune -o -path ./var/lib/dpkg -prune -o -print) | sort
}
cp "$package" "$root/tmp/rtwire.deb"
cp "$here/lib.sh" "$here/round_trip.sh" "$root/tmp"

installed_files() { inside dpkg-query -L rtwire | while read -r path; do
  [ -d "$root$path" ] || echo ".$path"
done | sort; }
none_left() {
  local left=()
  while IFS= read -r path; do
    [ -e "$root/$path" ] && left+=("$path")
  done <"$work/files"
  [ ${#left[@]} = 0 ] || { printf '%s\n' "${left[@]}"; return 1; }
}
listed() { list >"$work/now" && diff "$1" "$work/now"; }

check "apt update" apt update
check "it installs without what it recommends" \
  apt install --no-install-recommends /tmp/rtwire.deb
installed_files >"$work/files"
finds_libraries() {
  for program in $programs; do
    ! inside ldd "/usr/bin/$program" | grep 'not found' || return 1
  done
}
check "all libraries are there" finds_libraries
round_trip() { # as lines of the checks
  inside sh /tmp/round_trip.sh "$@" || failed=$((failed + 1))
}
round_trip --no-broker

# shellcheck disable=SC2046
check "what it recommends" apt install $(field Recommends | tr -d ,) man-db bash-completion
round_trip
reads_page() { inside man "$1" | grep -q "^DESCRIPTION"; }
for program in $programs; do check "man $program" reads_page "$program"; done
check "man 7 rtwire" reads_page rtwire
completes() {
  # shellcheck disable=SC2016
  inside bash -c '. /usr/share/bash-completion/bash_completion
    _completion_loader "$1"; complete -p "$1"' bash "$1"
}
for program in $programs; do check "bash completes $program" completes "$program"; done
conffile_is() { inside dpkg-query -W -f "\${Conffiles}" rtwire | grep -q '^ /etc/default/rtwire '; }
check "/etc/default/rtwire is a conffile" conffile_is
has_units() {
  [ -f "$root/usr/lib/systemd/system/rtwire.service" ] &&
    [ -f "$root/usr/lib/systemd/system/rtwire.socket" ] &&
    [ -f "$root/usr/lib/systemd/system/rtrelay@.service" ]
}
check "the units are there" has_units
not_enabled() { ! find "$root/etc/systemd" -name 'rtwire*' 2>/dev/null | grep .; }
check "and not enabled" not_enabled
enable() { # as systemctl does it where systemd runs
  local wants=$root/etc/systemd/system/sockets.target.wants
  mkdir -p "$wants" && ln -s /usr/lib/systemd/system/rtwire.socket "$wants/"
}
enable || stop "a link cannot be made"

# --- and away ------------------------------------------------------------------------------------
check "purge" apt purge rtwire
check "nothing of it is left" none_left
check "and it is not enabled any more" not_enabled
list >"$work/without"
check "it installs again" apt install --no-install-recommends /tmp/rtwire.deb
echo "RT_HISTORY=7" >>"$root/etc/default/rtwire"
keeps_configuration() { grep -q RT_HISTORY=7 "$root/etc/default/rtwire"; }
check "it installs over itself" apt install --reinstall --no-install-recommends /tmp/rtwire.deb
check "and keeps what was configured" keeps_configuration
check "remove" apt remove rtwire
check "and still keeps it" keeps_configuration
check "purge after remove" inside dpkg --purge rtwire
check "the root is as it was before" listed "$work/without"
[ "$failed" = 0 ]
