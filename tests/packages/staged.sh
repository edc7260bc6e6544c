#!/bin/sh
# Installs a build into an empty directory and looks at what is there and whether it works, also
# after the whole tree has been moved. Prints "ok NAME" and "not ok NAME".
#
#   staged.sh BUILD
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=/dev/null
. "$here/lib.sh"
programs="rtpoll rtsse rtws rtmqtt rtrelay"
build=$(cd "$1" && pwd)
linux=false
if [ "$(uname -s)" = Linux ]; then linux=true; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

stage() { # PREFIX DIRECTORY
  DESTDIR=$2 cmake --install "$build" --prefix "$1"
}

wanted_files() {
  for program in $programs; do
    echo "bin/$program"
    echo "share/bash-completion/completions/$program"
    echo "share/fish/vendor_completions.d/$program.fish"
    echo "share/man/man1/$program.1"
    echo "share/zsh/site-functions/_$program"
  done
  echo share/man/man7/rtwire.7
  echo share/doc/rtwire/examples/config.toml
  for document in CHANGELOG.md LICENSE README.md $(cd "$here/../.." && echo docs/*); do
    echo "share/doc/rtwire/$document"
  done
  if $linux; then
    echo lib/systemd/system/rtrelay@.service
    echo lib/systemd/system/rtwire.service
    echo lib/systemd/system/rtwire.socket
    echo share/doc/rtwire/examples/rtwire.default
  fi
}

# All of it and nothing else, but for the library of the programs' own.
has_these_files() {
  wanted_files | sort >"$work/wanted"
  (cd "$1" && find . ! -type d | sed 's|^\./||' | grep -Ev '^lib[^/]*/([^/]*/)?rtwire/') | sort >"$work/found"
  diff "$work/wanted" "$work/found"
}

only_there() { [ "$(find "$1" ! -type d ! -path "$2/*" | wc -l)" = 0 ]; }

names_no_build_tree() {
  if grep -rlF "$build" "$1"; then return 1; fi
}

has_same_pages() {
  for page in "$1"/share/man/man*/*; do
    text=$(man -l "$page" </dev/null 2>&1) || return 1
    printf '%s\n' "$text" | grep -q DESCRIPTION || { echo "$page: $text"; return 1; }
  done
}

loads_in_bash() {
  bash -c '. /usr/share/bash-completion/bash_completion 2>/dev/null
    . "$1" && complete -p "$2"' bash "$1/share/bash-completion/completions/$2" "$2"
}

# The paths in the unit are those of the installation: here for two prefixes.
unit_names() { grep -qF "$2" "$1/lib/systemd/system/rtwire.service"; }
unit_is_finished() { ! grep -n '@[a-z]*@' "$1"/lib/systemd/system/*; }

# The staged program stands in for the installed one, which systemd would look for.
systemd_takes() {
  mkdir "$work/units"
  sed "s|^ExecStart=[^ ]*|ExecStart=$1/bin/rtrelay|" "$1/lib/systemd/system/rtwire.service" \
    >"$work/units/rtwire.service"
  sed "s|^ExecStart=[^ ]*|ExecStart=$1/bin/rtrelay|" "$1/lib/systemd/system/rtrelay@.service" \
    >"$work/units/rtrelay@.service"
  cp "$1/lib/systemd/system/rtwire.socket" "$work/units"
  said=$(systemd-analyze verify --man=no "$work/units/rtwire.service" \
    "$work/units/rtwire.socket" "$work/units/rtrelay@.service" 2>&1) || { echo "$said"; return 1; }
  [ -z "$said" ] || { echo "$said"; return 1; }
}
is_hardened() {
  systemd-analyze security --offline=true --threshold=15 --no-pager "$work/units/rtwire.service"
}

check "cmake --install" stage /usr/local "$work/root"
prefix=$work/root/usr/local
check "all files are there" has_these_files "$prefix"
check "nothing is outside of the prefix" only_there "$work/root" "$prefix"
check "nothing refers to the build" names_no_build_tree "$prefix"
if $linux; then
  check "man reads the pages" has_same_pages "$prefix"
  check "the unit runs what is installed" \
    unit_names "$prefix" "ExecStart=/usr/local/bin/rtrelay serve "
  check "the unit's files are in /etc, where the manual says" \
    unit_names "$prefix" "=-/etc/default/rtwire"
  check "the units are finished" unit_is_finished "$prefix"
  check "cmake --install to /usr" stage /usr "$work/usr"
  check "so are those of /usr" unit_names "$work/usr/usr" "=-/etc/default/rtwire"
fi
if command -v systemd-analyze >/dev/null; then
  check "systemd takes the units" systemd_takes "$prefix"
  check "the service is hardened" is_hardened
fi
for program in $programs; do check "bash completes $program" loads_in_bash "$prefix" "$program"; done

mv "$work/root/usr/local" "$work/moved to"
PATH="$work/moved to/bin:$PATH" sh "$here/round_trip.sh" || failed=$((failed + 1))
[ "$failed" = 0 ]
