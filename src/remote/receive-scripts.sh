#!/bin/sh
# Puts ironstep's remote scripts on the server: a tar on stdin, into a folder named by their digest.
# Run as `sh -c "$(cat receive-scripts.sh)" sh DIGEST`; prints the folder.
#
# /run because it is RAM (gone with the boot, as jobs are) and because only root can have prepared
# it: in /tmp another user of an installed system could have put a folder of that name first.
main() {
  set -eu
  umask 077
  LC_ALL=C # the order of *.sh is part of the digest
  export LC_ALL
  digest=$1
  run=${IRONSTEP_RUN:-/run/ironstep}
  folder=$run/scripts-$digest
  if [ ! -d "$folder" ]; then
    receive
  fi
  printf '%s\n' "$folder"
}

# Complete or not at all: extracted beside, checked, then renamed under a lock.
receive() {
  mkdir -p "$run"
  incoming=$(mktemp -d "$run/.scripts.XXXXXX")
  trap 'rm -rf "$incoming"' EXIT
  tar -x -f - -C "$incoming"
  seen=$(cd "$incoming" && sha256sum ./*.sh | sha256sum | cut -c 1-12)
  if [ "$seen" != "$digest" ]; then
    echo "the scripts arrived incomplete: digest $seen, expected $digest" >&2
    exit 1
  fi
  exec 9>"$run/scripts.lock"
  flock 9
  [ -d "$folder" ] || mv "$incoming" "$folder"
}

main "$@"
