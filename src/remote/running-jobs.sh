#!/bin/sh
# The keys of the jobs that run on this host (job.sh), one a line. Read-only.
set -u

main() {
  locks=${IRONSTEP_RUN:-/run/ironstep}/locks
  for lock in "$locks"/*; do
    [ -f "$lock" ] || continue
    # Shared, so that two who ask do not see each other; a running job holds its lock alone.
    flock -s -n "$lock" true || echo "${lock##*/}"
  done
}

main "$@"
