#!/bin/sh
# What a freshly booted system says about its own first boot, as key=value lines, then the stamp.
# Read-only. Run as root: the stamp's folder may be closed to others.
set -u

main() {
  echo "state=$(systemctl is-system-running 2>/dev/null)"
  echo "failed_units=$(systemctl list-units --failed --plain --no-legend 2>/dev/null |
    awk '{ printf "%s ", $1 }')"
  root=$(awk '$2 == "/" { found = $1 } END { print found }' /proc/mounts)
  device=$(readlink -f "$root")
  echo "root_device=$device"
  if [ -b "$device" ]; then
    echo "root_partition_bytes=$(($(cat "/sys/class/block/${device##*/}/size") * 512))"
    echo "root_filesystem_bytes=$(($(stat -f -c '%b * %S' /)))"
  fi
  [ ! -r /etc/ironstep/stamp.json ] || echo "stamp=$(tr -d '\n' </etc/ironstep/stamp.json)"
}

main "$@"
