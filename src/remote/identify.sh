#!/bin/sh
# Says which system this is, as key=value lines. Read-only; needs no root.
# The answers decide what ironstep does next, so they come from the kernel, not from a name
# that anybody can set (DESIGN invariant 5).
set -u

os_release() {
  [ -r /etc/os-release ] || return 0
  sed -n "s/^$1=//p" /etc/os-release | tr -d '"' | head -n 1
}

# The last mount on / wins: an initramfs may have mounted there before.
root_mount() {
  awk -v column="$1" '$2 == "/" { found = $column } END { print found }' /proc/mounts
}

# The disk behind a partition, by what the kernel says and not by its name.
root_serial() {
  block=$(readlink -f "/sys/class/block/$(basename "$(readlink -f "$(root_mount 1)")")")
  [ -e "$block/partition" ] && block=${block%/*}
  [ -e "$block/size" ] || return 0
  lsblk --nodeps --noheadings --output SERIAL "/dev/${block##*/}" 2>/dev/null | tr -d ' '
}

main() {
  read -r uptime_seconds _ </proc/uptime
  echo "boot_id=$(cat /proc/sys/kernel/random/boot_id)"
  echo "uptime_seconds=$uptime_seconds"
  echo "kernel_command_line=$(tr '\n' ' ' </proc/cmdline)"
  echo "kernel=$(uname -r)"
  echo "root_source=$(root_mount 1)"
  echo "root_filesystem=$(root_mount 3)"
  echo "root_serial=$(root_serial)"
  echo "os_id=$(os_release ID)"
  echo "os_version=$(os_release VERSION_ID)"
  echo "hostname=$(hostname 2>/dev/null || cat /proc/sys/kernel/hostname)"
}

main "$@"
