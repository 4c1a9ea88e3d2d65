#!/bin/sh
# shellcheck source-path=SCRIPTDIR
# verify.sh: the layout as the installed system itself sees it. Read-only; run as root.
# Output: sections; a header line `NAME ARGUMENTS`, then its content, each line behind a tab.
set -u
here=$(dirname "$0")
. "$here/disk.sh"

main() {
  section boot-id </proc/sys/kernel/random/boot_id
  root=$(readlink -f "$(findmnt --noheadings --output SOURCE --target / | sed 's/\[.*//')")
  root_disk=$(disk_of "$root")
  printf '%s\n' "$root" | section root-source
  sfdisk --json "$root_disk" 2>/dev/null | section table "$root_disk"
  {
    echo "serial=$(disk_serial "$root_disk")"
    echo "wwn=$(disk_wwn "$root_disk")"
    echo "size=$(disk_bytes "$root_disk")"
    echo "log-sec=$(blockdev --getss "$root_disk")"
  } | section disk "$root_disk"
  for partition in $(partitions_of "$root_disk"); do
    blkid --probe --output export "$partition" 2>/dev/null | section filesystem "$partition"
    receipts "$partition"
  done
  findmnt --json --list --real --output SOURCE,TARGET,FSTYPE,OPTIONS | section mounts
  df --block-size=1 --output=source,target,size,avail 2>/dev/null | section df
  dumpe2fs -h "$root" 2>/dev/null | section superblock
  systemctl list-units --failed --plain --no-legend 2>/dev/null | awk '{ print $1 }' |
    section failed-units
}

# awk ends the last line where the content does not: else the next header would hide behind it.
section() {
  echo "$*"
  awk '{ print "\t" $0 }'
}

# What ironstep left on OEM to say what it did, when OEM is mounted.
receipts() {
  [ "$(blkid --probe --output value --match-tag PART_ENTRY_NAME "$1" 2>/dev/null)" = OEM ] || return 0
  mounted=$(findmnt --noheadings --first-only --output TARGET --source "$1") || return 0
  for file in "$mounted"/ironstep/*.json "$mounted"/ironstep/*.begun; do
    if [ -f "$file" ] && [ ! -L "$file" ]; then
      head -c 16384 "$file" | section receipt "${file##*/}"
    fi
  done
}

# The disk of a partition, by what the kernel says and not by its name.
disk_of() {
  block=$(readlink -f "/sys/class/block/${1##*/}")
  if [ -e "$block/partition" ]; then block=${block%/*}; fi
  echo "/dev/${block##*/}"
}

partitions_of() {
  for entry in "/sys/class/block/${1##*/}/${1##*/}"*; do
    if [ -e "$entry/partition" ]; then echo "/dev/${entry##*/}"; fi
  done
}

main "$@"
