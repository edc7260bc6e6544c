#!/bin/sh
# Uses the programs that PATH finds, as installed: each says its version, and a hub and a broker
# bring back what was published to them. Prints "ok NAME" and "not ok NAME".
#
#   round_trip.sh [--no-broker]
# shellcheck source=/dev/null
. "$(dirname "$0")/lib.sh"
programs="rtpoll rtsse rtws rtmqtt rtrelay"

work=$(mktemp -d)
server=
end() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null
    wait "$server"
  fi
  server=
}
trap 'end; rm -rf "$work"' EXIT

says_version() { "$1" --version | grep -Eqx "$1 [0-9]+\.[0-9]+\.[0-9]+.*"; }

# serve PROGRAM ARGUMENT...: $url is where it listens.
serve() {
  : >"$work/log"
  "$@" </dev/null >"$work/out" 2>"$work/log" &
  server=$!
  for _ in $(seq 200); do
    url=$(sed -n 's/^listening //p' "$work/log" | tail -n 1)
    if [ -n "$url" ]; then return 0; fi
    if ! kill -0 "$server" 2>/dev/null; then break; fi
    sleep 0.1
  done
  cat "$work/log"
  return 1
}

# ends_well: SIGTERM ends the server with 0.
ends_well() {
  kill "$server"
  wait "$server"
  status=$?
  server=
  [ "$status" = 0 ] || { echo "ended with $status"; cat "$work/log"; return 1; }
}

# brings TEXT COMMAND...: the command prints exactly that.
brings() {
  wanted=$1
  shift
  got=$("$@" </dev/null) || return 1
  [ "$got" = "$wanted" ] || { echo "got '$got'"; return 1; }
}

# As check does it, but in this shell, whose children the servers are.
result() {
  what=$1
  shift
  if "$@" >"$work/said" 2>&1; then
    echo "ok $what"
  else
    failed=$((failed + 1))
    echo "not ok $what"
    sed 's/^/  # /' "$work/said"
    return 1
  fi
}

for program in $programs; do check "$program --version" says_version "$program"; done

if result "rtrelay serve" serve rtrelay serve 0; then
  for program in rtpoll rtsse rtws; do
    check "$program pub" "$program" pub "${url}from-$program" "by $program"
    check "rtpoll sub after $program pub" \
      brings "by $program" rtpoll sub --last 1 -n 1 --timeout 20s "${url}from-$program"
    check "rtsse sub after $program pub" \
      brings "by $program" rtsse sub --last 1 -n 1 --timeout 20s "${url}from-$program"
    check "rtws sub after $program pub" \
      brings "by $program" rtws sub --hub --last 1 -n 1 --timeout 20s "${url}from-$program"
  done
  result "rtrelay serve ends" ends_well
fi

if [ "${1-}" != --no-broker ]; then
  if result "rtmqtt serve" serve rtmqtt serve 0; then
    check "rtmqtt pub" rtmqtt pub --retain "$url/kept" "by rtmqtt"
    check "rtmqtt sub" \
      brings "by rtmqtt" rtmqtt sub --retained-only -n 1 --timeout 20s "$url/kept"
    result "rtmqtt serve ends" ends_well
  fi
fi
[ "$failed" = 0 ]
