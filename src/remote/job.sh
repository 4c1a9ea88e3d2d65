#!/bin/sh
# Durable jobs: long work on the server that outlives the SSH session which started it.
#
#   job.sh start  KEY ATTEMPT BOOT_ID SCRIPT LENGTH [ARG...]   tar of LENGTH bytes on stdin: inputs
#   job.sh state  KEY ATTEMPT BOOT_ID
#   job.sh cancel KEY ATTEMPT BOOT_ID
#
# Each prints the job's state and exits 0. The layout, all of it root's, mode 0700, in RAM:
#
#   /run/ironstep/locks/KEY   locked from the claim until the last process of the job ends
#   /run/ironstep/jobs/BOOT_ID/KEY/
#     newest            the newest attempt that anybody began: the fence
#     claim             locked for the moment in which a start or a cancel is decided
#     pid               supervisor of what runs, and its process group
#     ATTEMPT.starts    a line for each start of its command: one
#     ATTEMPT/          in/ out/ log progress started ended rc
#
# SCRIPT.sh, beside this one, runs as root with the log as stdout and stderr (last 8 kB are told)
# and with: JOB_IN, the folder of input files, removed when it ends; JOB_OUT, a folder for small
# text files that are told (64 kB in all); JOB_PROGRESS, a file that it replaces (write, then mv)
# with one line `<done> <total> bytes|percent <label>`, total 0 when unknown. Exit 0 is done, 10
# refused with nothing written, 11 ended after the lease was begun, any other failed.
#
# Started exactly once: the claim and the supervisor are one lock. The starter takes it, and the
# supervisor inherits the open file, so there is no instant at which a claimed job has no owner:
# a starter that is killed before the fork frees the lock with no start written, and the next one
# starts the job. Once that line exists nobody starts the attempt again in this boot. The command
# inherits the lock too: while anything of the job can still write to a disk it counts as running.
#
# Fenced: attempts of one key are ordered by their number, whoever makes them. A newer one attaches
# to what runs, takes over what succeeded, and begins anew what failed. From then on an older one (a
# worker that was stopped and wakes up late) starts nothing and cancels nothing.
#
# setsid is enough to survive the end of the session. Under systemd the session's scope is killed
# at logout only with KillUserProcesses=yes, which is not the default and spares root; an sshd
# that is started per connection has KillMode=process, on Debian as on Flatcar.
main() {
  set -eu
  umask 077
  LC_ALL=C
  export LC_ALL
  [ $# -ge 4 ] || refuse 'usage: job.sh start|state|cancel KEY ATTEMPT BOOT_ID ...'
  verb=$1 key=$2 attempt=$3 boot_id=$4
  shift 4
  case $key in
    '' | .* | *[!A-Za-z0-9._-]*) refuse "not a job key: $key" ;;
  esac
  case $attempt in
    '' | 0* | *[!0-9]*) refuse "not an attempt: $attempt" ;;
  esac
  read -r this_boot </proc/sys/kernel/random/boot_id
  # Nothing of a caller of another boot is done here.
  [ "$boot_id" = "$this_boot" ] || verb=state
  run=${IRONSTEP_RUN:-/run/ironstep}
  work=$run/jobs/$this_boot/$key
  lock=$run/locks/$key
  scripts=$(dirname "$0")
  case $verb in
    start) start "$@" ;;
    state) report ;;
    cancel) cancel ;;
    supervise) supervise "$@" ;;
    *) refuse "not a verb: $verb" ;;
  esac
}

refuse() {
  printf 'job.sh: %s\n' "$1" >&2
  exit 64
}

start() {
  [ $# -ge 2 ] || refuse 'start needs SCRIPT and LENGTH'
  script=$1 length=$2
  shift 2
  for tool in base64 flock mktemp setsid tar; do
    command -v "$tool" >/dev/null || refuse "this system has no $tool"
  done
  [ -f "$scripts/$script.sh" ] || refuse "no script $script.sh in $scripts"
  mkdir -p "$work" "$run/locks"
  incoming=$(mktemp -d "$run/.incoming.XXXXXX")
  trap 'rm -rf "$incoming"' EXIT
  receive
  claim "$@"
  report
}

# Before the claim, so that a client which dies with its stdin half sent neither starts a job on
# half an input nor keeps another client waiting.
receive() {
  cat >"$incoming/in.tar"
  seen=$(wc -c <"$incoming/in.tar")
  [ "$seen" -eq "$length" ] || refuse "the input was cut: $seen of $length bytes arrived"
  mkdir "$incoming/in" "$incoming/out"
  [ "$length" -eq 0 ] || tar -x -f "$incoming/in.tar" -C "$incoming/in"
  rm "$incoming/in.tar"
}

claim() {
  decide_alone
  fence=$(newest)
  if [ "$fence" -le "$attempt" ]; then
    [ "$fence" -eq "$attempt" ] || replace "$work/newest" "$attempt"
    exec 9>>"$lock"
    if flock -n 9 && ! is_settled; then
      rm -rf "${work:?}/$attempt" "$work/pid"
      mv "$incoming" "$work/$attempt"
      setsid sh "$0" supervise "$key" "$attempt" "$boot_id" "$script" "$@" \
        </dev/null >/dev/null 2>&1 8>&- &
    fi
    exec 9>&-
  fi
  exec 8>&-
}

# Held for a moment only: whoever has it and is killed frees it.
decide_alone() {
  exec 8>>"$work/claim"
  flock -w 30 8 || refuse "another start of $key does not end"
}

newest() { cat "$work/newest" 2>/dev/null || echo 0; }

# Sets last, the newest attempt that was started, to the empty word when none was.
find_last() {
  last=
  for file in "$work"/*.starts; do
    [ -s "$file" ] || continue
    number=${file##*/}
    number=${number%.starts}
    [ "$number" -le "${last:-0}" ] || last=$number
  done
  job=$work/$last
}

# This attempt was started, or an earlier one succeeded: there is nothing to start.
is_settled() {
  find_last
  [ -n "$last" ] && { [ "$last" -eq "$attempt" ] || [ "$(cat "$job/rc" 2>/dev/null)" = 0 ]; }
}

# Runs in a session of its own, with the lock on file 9.
supervise() {
  script=$1
  shift
  job=$work/$attempt
  cd "$job"
  trap : HUP INT TERM # cancel ends the command; the supervisor lives on to tell how it ended
  moment >started
  echo "$$" >>"$job.starts"
  replace "$work/pid" "$$"

  JOB_IN=$job/in JOB_OUT=$job/out JOB_PROGRESS=$job/progress
  export JOB_IN JOB_OUT JOB_PROGRESS
  status=0
  (umask 022 && cd / && exec sh "$scripts/$script.sh" "$@") >log 2>&1 || status=$?

  moment >ended
  rm -rf in # it may hold secrets
  replace rc "$status"
}

# Seconds since 1970, for people; seconds since boot, for durations: NTP sets the first in rescue.
moment() {
  read -r uptime _ </proc/uptime
  echo "$(date +%s) $uptime"
}

replace() {
  echo "$2" >"$1.new"
  mv "$1.new" "$1"
}

cancel() {
  mkdir -p "$work"
  decide_alone
  if [ "$(newest)" -le "$attempt" ] && [ -e "$work/pid" ] && ! lock_is_free; then
    read -r pid <"$work/pid"
    kill -s TERM -- "-$pid" || true # it has just ended
  fi
  exec 8>&-
  report
}

# Shared, so that two who ask do not see each other.
lock_is_free() {
  [ ! -e "$lock" ] || flock -s -n "$lock" true
}

report() {
  fence=$(newest)
  find_last
  if [ "$boot_id" != "$this_boot" ]; then
    printf 'kind=lost\nbootId=%s\n' "$this_boot"
  elif [ "$fence" -gt "$attempt" ]; then
    printf 'kind=superseded\nnewest=%s\n' "$fence"
  elif has_ended; then
    report_done
  elif ! lock_is_free; then
    report_running
  elif has_ended; then # while we looked
    report_done
  elif is_settled; then
    report_crashed
  else
    echo 'kind=absent'
  fi
  echo 'end'
}

has_ended() {
  is_settled && [ -e "$job/rc" ]
}

report_running() {
  echo 'kind=running'
  if [ -e "$work/pid" ] && [ -e "$job/progress" ]; then
    IFS= read -r progress <"$job/progress" || true
    printf 'progress=%s\n' "$progress"
  fi
}

report_done() {
  echo 'kind=done'
  echo "exitCode=$(cat "$job/rc")"
  echo "ended=$(cat "$job/ended")"
  report_evidence
  size=$(cat "$job/out/"* 2>/dev/null | wc -c)
  [ "$size" -le 65536 ] || refuse "$job/out holds $size bytes, more than 65536"
  for file in "$job/out/"*; do
    if [ -f "$file" ]; then
      echo "out.${file##*/}=$(base64 <"$file" | tr -d '\n')"
    fi
  done
}

report_crashed() {
  echo 'kind=crashed'
  report_evidence
}

report_evidence() {
  echo "starts=$(wc -l <"$job.starts")"
  echo "started=$(cat "$job/started")"
  echo "log=$(tail -c 8192 "$job/log" 2>/dev/null | base64 | tr -d '\n')"
}

main "$@"
