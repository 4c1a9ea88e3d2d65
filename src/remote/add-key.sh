#!/bin/sh
# Lets keys log in to the installed system: now, and again after every boot. Run as root.
# Usage: add-key.sh, with public keys on stdin, one a line
# Prints what ensure-login.sh prints of the file that sshd really reads. A second run changes nothing.
set -u

main() {
  umask 077
  run=${IRONSTEP_RUN:-/run/ironstep}
  keys=$(mktemp "$run/.keys.XXXXXX") || exit 1
  trap 'rm -f "$keys"' EXIT
  cat >"$keys"
  [ -s "$keys" ] || { echo 'add-key: there is no key on stdin' >&2; exit 64; }
  ensure=$(dirname "$0")/ensure-login.sh
  sh "$ensure" "$keys" --into "${IRONSTEP_ETC:-/etc/ironstep}/login-keys" >/dev/null || exit 1
  sh "$ensure" "$keys"
}

main "$@"
