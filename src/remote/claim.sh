#!/bin/sh
# Writes down whose rescue session this is (DESIGN invariant 10), or refuses another owner's, and
# lets the person's own keys log in beside ours.
# Usage: claim.sh OWNER, with the person's public keys on stdin, one a line
# Exit 0: it is ours. Exit 10: somebody else's; their name is printed, nothing was changed.
set -u

main() {
  [ "$#" -eq 1 ] || { echo "usage: claim.sh OWNER" >&2; exit 64; }
  umask 077
  run=${IRONSTEP_RUN:-/run/ironstep}
  mkdir -p "$run" || exit 1
  # noclobber makes creating the file the decision: of two workers only one succeeds.
  if ! (set -C; printf '%s\n' "$1" >"$run/owner") 2>/dev/null; then
    owner=$(cat "$run/owner")
    [ "$owner" = "$1" ] || { echo "this rescue session belongs to $owner" >&2; exit 10; }
  fi
  admit
}

# The session is ours all the same when this fails: the person's own login is a convenience.
admit() {
  keys=$(mktemp "$run/.keys.XXXXXX") || return 0
  cat >"$keys"
  [ ! -s "$keys" ] || sh "$(dirname "$0")/ensure-login.sh" "$keys" --user root
  rm -f "$keys"
  return 0
}

main "$@"
