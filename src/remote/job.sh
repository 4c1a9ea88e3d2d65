#!/bin/sh
# Durable jobs: long work on the server that outlives the SSH session which started it.
#
#   job.sh start  KEY BOOT_ID SCRIPT LENGTH [ARG...]   tar of input files (LENGTH bytes) on stdin
#   job.sh state  KEY BOOT_ID
#   job.sh cancel KEY BOOT_ID
#
# Each prints the job's state and exits 0. The layout, all of it root's, mode 0700, in RAM:
#
#   /run/ironstep/locks/KEY   held (flock) from the claim until the last process of the job ends
#   /run/ironstep/jobs/KEY/   boot-id in/ out/ log progress pid started ended starts rc
#
# SCRIPT.sh, beside this one, runs as root with the log as stdout and stderr (last 8 kB are told)
# and with: JOB_IN, the folder of input files, removed when it ends; JOB_OUT, a folder for small
# text files that are told (64 kB in all); JOB_PROGRESS, a file that it replaces (write, then mv)
# with one line `<done> <total> bytes|percent <label>`, total 0 when unknown. Exit 0 is done, 10
# refused with nothing written, 11 ended after the lease was begun, any other failed.
#
# Started exactly once: the claim and the supervisor are one lock. The starter takes it, and the
# supervisor inherits the open file, so there is no instant at which a claimed job has no owner:
# a starter that is killed before the fork frees the lock with no `starts` written, and the next
# one starts the job. Once `starts` exists nobody starts the job again in this boot. The command
# inherits the lock too: while anything of the job can still write to a disk it counts as running.
#
# setsid is enough to survive the end of the session. Under systemd the session's scope is killed
# at logout only with KillUserProcesses=yes, which is not the default and spares root.
main() {
  set -eu
  umask 077
  LC_ALL=C
  export LC_ALL
  [ $# -ge 3 ] || refuse 'usage: job.sh start|state|cancel KEY BOOT_ID ...'
  verb=$1 key=$2 boot_id=$3
  shift 3
  case $key in
    '' | .* | *[!A-Za-z0-9._-]*) refuse "not a job key: $key" ;;
  esac
  run=${IRONSTEP_RUN:-/run/ironstep}
  job=$run/jobs/$key
  lock=$run/locks/$key
  scripts=$(dirname "$0")

  read -r this_boot </proc/sys/kernel/random/boot_id
  [ "$boot_id" = "$this_boot" ] || verb=state # nothing of a caller of another boot is done here
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
  mkdir -p "$run/jobs" "$run/locks"
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
  printf '%s\n' "$boot_id" >"$incoming/boot-id"
}

claim() {
  exec 9>>"$lock"
  if flock -n 9 && [ ! -e "$job/starts" ]; then
    rm -rf "$job"
    mv "$incoming" "$job"
    setsid sh "$0" supervise "$key" "$boot_id" "$script" "$@" </dev/null >/dev/null 2>&1 &
  fi
  exec 9>&-
}

# Runs in a session of its own, with the lock on file 9.
supervise() {
  script=$1
  shift
  cd "$job"
  trap : HUP INT TERM # cancel ends the command; the supervisor lives on to tell how it ended
  echo "$$" >pid
  moment >started
  earlier=$(cat starts 2>/dev/null || echo 0)
  replace starts $((earlier + 1))

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

# Only this file is synced: a sync of everything could wait for a disk that has died.
replace() {
  echo "$2" >"$1.new"
  sync "$1.new"
  mv "$1.new" "$1"
}

cancel() {
  if [ -e "$job/pid" ] && ! lock_is_free; then
    read -r pid <"$job/pid"
    kill -s TERM -- "-$pid" || true # it has just ended
  fi
  report
}

# Shared, so that two who ask do not see each other.
lock_is_free() {
  flock -s -n "$lock" true
}

report() {
  if [ "$boot_id" != "$this_boot" ] || of_another_boot; then
    printf 'kind=lost\nbootId=%s\n' "$this_boot"
  elif [ -e "$job/rc" ]; then
    report_done
  elif [ -e "$lock" ] && ! lock_is_free; then
    report_running
  elif [ -e "$job/rc" ]; then # it ended while we looked
    report_done
  elif [ -e "$job/starts" ]; then
    report_crashed
  else
    echo 'kind=absent'
  fi
  echo 'end'
}

# /run is RAM everywhere we know; where it is not, a job folder can outlive its boot.
of_another_boot() {
  [ -e "$job/boot-id" ] && [ "$(cat "$job/boot-id")" != "$boot_id" ]
}

report_running() {
  echo 'kind=running'
  if [ -e "$job/progress" ]; then
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
  echo "starts=$(cat "$job/starts")"
  echo "started=$(cat "$job/started")"
  echo "log=$(tail -c 8192 "$job/log" 2>/dev/null | base64 | tr -d '\n')"
}

main "$@"
