#!/bin/sh
# What the checks of installed trees have in common; to be sourced by sh.

failed=0
# check NAME COMMAND...: one line "ok NAME" or "not ok NAME", then what the command has written.
check() {
  name=$1
  shift
  if output=$("$@" 2>&1); then
    printf 'ok %s\n' "$name"
  else
    failed=$((failed + 1))
    printf 'not ok %s\n' "$name"
    printf '%s\n' "$output" | tail -n 30 | sed 's/^/  # /'
  fi
}
