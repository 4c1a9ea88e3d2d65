#!/bin/sh
# Reboots the system from inside, cleanly, if it is still the boot that the caller means.
# Usage: reboot.sh BOOT_ID
# Exit 0: the reboot is under way. Exit 10: another boot is running, nothing was done.
set -u

main() {
  [ "$#" -eq 1 ] || { echo "usage: reboot.sh BOOT_ID" >&2; exit 64; }
  running=$(cat /proc/sys/kernel/random/boot_id)
  if [ "$running" != "$1" ]; then
    echo "this is boot $running, not $1: not rebooted" >&2
    exit 10
  fi
  sync
  # Detached, and a moment later: the SSH session ends before sshd is taken down, so that the
  # caller knows that the command was received.
  setsid sh -c 'sleep 1; exec reboot' </dev/null >/dev/null 2>&1 &
}

main "$@"
