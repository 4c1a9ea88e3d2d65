#!/bin/sh
# shellcheck disable=SC2034,SC2154 # variables are shared with the script that sources this
# Sourced by the scripts that work on disks: how they speak, refuse, measure and find tools.

run_dir=${IRONSTEP_RUN:-/run/ironstep}
# Set by the script that begins a lease: from then on a refusal is no longer "nothing was written".
begun=no

say() { printf '%s\n' "$*" >&2; }

# Exit 10: refused, nothing was written. Exit 11: after the lease was begun (JOBS contract).
refuse() {
  say "Refused: $*"
  if [ "$begun" = yes ]; then exit 11; fi
  say 'Nothing was written.'
  exit 10
}

fail() {
  say "Failed: $*"
  if [ "$begun" = yes ]; then exit 11; fi
  exit 1
}

require_tools() {
  for tool in "$@"; do
    command -v "$tool" >/dev/null 2>&1 || refuse "the rescue system has no $tool."
  done
}

# progress DONE TOTAL UNIT LABEL...: one line, replaced as a whole so that nobody reads half of it.
progress() {
  [ -n "${JOB_PROGRESS:-}" ] || return 0
  printf '%s\n' "$*" >"$JOB_PROGRESS.new"
  mv "$JOB_PROGRESS.new" "$JOB_PROGRESS"
}

# A clock that no time server moves.
now_ms() { awk '{ printf "%.0f\n", $1 * 1000 }' /proc/uptime; }

# report KEY VALUE: a measured fact of this job, for the worker.
report() { printf '%s=%s\n' "$1" "$2" >>"$JOB_OUT/report"; }

# step_begins / step_done NAME: how long a step took, by the host's clock.
step_begins() { step_started_ms=$(now_ms); }
step_done() { report "$1-ms" $(($(now_ms) - step_started_ms)); }

# Mounts live and die with this script, whatever kills it.
in_private_mounts() {
  [ "${IRONSTEP_PRIVATE_MOUNTS:-}" = yes ] && return 0
  IRONSTEP_PRIVATE_MOUNTS=yes exec unshare --mount sh "$@"
}
