#!/bin/sh
# Writes down whose rescue session this is (DESIGN invariant 10), or refuses another owner's.
# Usage: claim.sh OWNER
# Exit 0: it is ours. Exit 10: somebody else's; their name is printed, nothing was changed.
set -u

main() {
  [ "$#" -eq 1 ] || { echo "usage: claim.sh OWNER" >&2; exit 64; }
  umask 077
  mkdir -p /run/ironstep || exit 1
  # noclobber makes creating the file the decision: of two workers only one succeeds.
  if (set -C; printf '%s\n' "$1" >/run/ironstep/owner) 2>/dev/null; then
    return 0
  fi
  owner=$(cat /run/ironstep/owner)
  [ "$owner" = "$1" ] && return 0
  echo "this rescue session belongs to $owner" >&2
  exit 10
}

main "$@"
