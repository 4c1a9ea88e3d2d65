#!/bin/sh
# Lets a key log in to the rescue system that runs, in place of the password that opened it.
# Usage: admit-key.sh, as root, with public keys on stdin, one a line
# It is gone with the next boot. A second run changes nothing.
set -u

main() {
  umask 077
  run=${IRONSTEP_RUN:-/run/ironstep}
  keys=$(mktemp "$run/.keys.XXXXXX") || exit 1
  trap 'rm -f "$keys"' EXIT
  cat >"$keys"
  [ -s "$keys" ] || { echo 'admit-key: there is no key on stdin' >&2; exit 64; }
  sh "$(dirname "$0")/ensure-login.sh" "$keys" --user root
}

main "$@"
