#!/bin/sh
# The jobs that run on this host (job.sh), one a line: KEY ATTEMPT, the newest one. Read-only.
set -u

main() {
  run=${IRONSTEP_RUN:-/run/ironstep}
  read -r this_boot </proc/sys/kernel/random/boot_id
  for lock in "$run"/locks/*; do
    [ -f "$lock" ] || continue
    # Shared, so that two who ask do not see each other; a running job holds its lock alone.
    if flock -s -n "$lock" true; then continue; fi
    key=${lock##*/}
    echo "$key $(cat "$run/jobs/$this_boot/$key/newest" 2>/dev/null)"
  done
}

main "$@"
