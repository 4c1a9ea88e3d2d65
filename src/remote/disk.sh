#!/bin/sh
# shellcheck disable=SC2034,SC2154 # variables are shared with the script that sources this
# Sourced: block devices and what is on them. Everything here only reads.

# A fact that lsblk knows (from udev, else from sysfs), without padding.
lsblk_fact() {
  lsblk --nodeps --noheadings --bytes --output "$2" "$1" 2>/dev/null |
    sed -n '1{s/^[[:space:]]*//;s/[[:space:]]*$//;p;}'
}

# Serial number. Rescue systems without udev: lsblk is silent about SCSI, so page 0x80 of the
# vital product data is read, which carries the ATA serial too (4 bytes of header).
disk_serial() {
  serial=$(lsblk_fact "$1" SERIAL)
  vpd=/sys/class/block/${1##*/}/device/vpd_pg80
  if [ -z "$serial" ] && [ -r "$vpd" ]; then
    serial=$(dd if="$vpd" bs=1 skip=4 2>/dev/null | tr -cd '[:graph:] ' |
      sed 's/^ *//;s/ *$//')
  fi
  printf '%s\n' "$serial"
}

# WWN in the form of udev: 0x5000c500… for SCSI and ATA, eui.… for NVMe.
disk_wwn() {
  wwn=$(lsblk_fact "$1" WWN)
  for file in "/sys/class/block/${1##*/}/device/wwid" "/sys/class/block/${1##*/}/wwid"; do
    if [ -z "$wwn" ] && [ -r "$file" ]; then
      wwn=$(sed -n 's/^naa\./0x/p;/^eui\./p' "$file")
    fi
  done
  printf '%s\n' "$wwn"
}

# Every whole block device that a server could be installed on. Loop devices have no serial,
# unless a test gives them one.
list_disks() {
  for entry in /sys/block/*; do
    name=${entry##*/}
    case $name in ram* | zram* | sr* | fd* | dm-* | md*) continue ;; esac
    if [ ! -b "/dev/$name" ] || [ "$(cat "$entry/size")" -eq 0 ]; then continue; fi
    case $name in loop*) [ -n "$(disk_serial "/dev/$name")" ] || continue ;; esac
    printf '%s\n' "/dev/$name"
  done
}

# The one disk with this serial (else WWN). A kernel name is never believed: it changes from boot
# to boot.
find_disk() {
  matches=
  [ -n "$1$2" ] || return 0
  for device in $(list_disks); do
    if [ -n "$1" ] && [ "$(disk_serial "$device")" != "$1" ]; then continue; fi
    if [ -n "$2" ] && [ "$(disk_wwn "$device")" != "$2" ]; then continue; fi
    matches="$matches $device"
  done
  printf '%s\n' "${matches# }"
}

# The partition entries, one a line, number first, in a form that does not depend on the device's
# name. Boot attributes of USR-A/B are left out: the updater changes them by itself.
# Fails when there is no valid table.
table_entries() {
  sfdisk --dump "$1" 2>/dev/null >"$work_dir/dump" || return 1
  awk -v device="$1" '
    index($0, device) == 1 && / : start=/ {
      line = substr($0, length(device) + 1)
      sub(/^p/, "", line)
      gsub(/= +/, "=", line)
      sub(/ : /, " ", line)
      if (tolower(line) ~ /type=5dfbf5f4-2848-4bac-aa5e-0d9a20b745a6/) {
        sub(/, attrs="[^"]*"$/, "", line)
      }
      print line
    }' "$work_dir/dump" | sort -n
}

# What fingerprints are made of: the entries; on a disk without any, the signatures on the whole
# disk (a filesystem, a RAID or LVM member, LUKS, a backup GPT whose primary is gone).
disk_contents() {
  signatures=all
  if table_entries "$1" >"$work_dir/entries"; then
    signatures=but-tables
    if [ -s "$work_dir/entries" ]; then
      cat "$work_dir/entries"
      return
    fi
  fi
  wipefs --noheadings --output OFFSET,TYPE,UUID,LABEL "$1" 2>/dev/null |
    awk -v wanted="$signatures" '
      wanted == "all" || ($2 != "gpt" && $2 != "PMBR" && $2 != "dos") {
        gsub(/[[:space:]]+/, " "); print "signature " $0
      }'
}

# `empty`, or 12 hex digits over the contents. A fingerprint recognises; it is no proof against a
# forger, who would need root on the server.
disk_fingerprint() {
  disk_contents "$1" >"$work_dir/contents"
  if [ -s "$work_dir/contents" ]; then
    sha256sum <"$work_dir/contents" | cut -c 1-12
  else
    echo empty
  fi
}

# Reasons why a disk is in use, one a line: mounts, swap, holders (md, LVM, dm-crypt), and what
# only an exclusive open can see (the second device of a mounted btrfs).
disk_busy() {
  for part in "/sys/block/${1##*/}" "/sys/block/${1##*/}/${1##*/}"*; do
    [ -r "$part/dev" ] || continue
    name=${part##*/}
    awk -v dev="$(cat "$part/dev")" -v name="$name" \
      '$3 == dev { print name " is mounted at " $5 }' /proc/self/mountinfo
    awk -v path="/dev/$name" '$1 == path { print path " is used as swap" }' /proc/swaps
    for holder in "$part"/holders/*; do
      [ -e "$holder" ] && echo "$name belongs to ${holder##*/}"
    done
  done >"$work_dir/busy"
  losetup --noheadings --output NAME --associated "$1" |
    sed 's/^[[:space:]]*//;s/$/ reads from it/' >>"$work_dir/busy"
  if [ ! -s "$work_dir/busy" ] &&
    wipefs --all --no-act "$1" 2>&1 | grep -q 'resource busy'; then
    echo "${1##*/} is in use" >>"$work_dir/busy"
  fi
  cat "$work_dir/busy"
}

disk_bytes() { blockdev --getsize64 "$1"; }

# entry_range ENTRIES NUMBER: start and size in sectors.
entry_range() { printf '%s %s\n' "$(entry_field "$1" "$2" start)" "$(entry_field "$1" "$2" size)"; }

# entry_field ENTRIES NUMBER FIELD: one value of one line of table_entries.
entry_field() {
  awk -v number="$2" -v field="$3" '
    $1 == number {
      count = split(substr($0, length($1) + 2), pairs, ", ")
      for (i = 1; i <= count; i++) {
        at = index(pairs[i], "=")
        if (substr(pairs[i], 1, at - 1) == field) print substr(pairs[i], at + 1)
      }
    }' "$1"
}
