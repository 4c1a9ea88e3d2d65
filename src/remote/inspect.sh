#!/bin/sh
# shellcheck source-path=SCRIPTDIR
# Everything ironstep wants to know about a system and its disks, in one round trip. Read-only: no
# journal is replayed, nothing is mounted where anybody else can see it.
# With `live` the disks are those of the running system: nothing is mounted to look for receipts,
# and a mounted filesystem is asked itself, since its superblock on the disk is older.
# Output: sections; a header line `NAME ARGUMENTS`, then its content, each line behind a tab.
set -u
here=$(dirname "$0")
. "$here/host.sh"
. "$here/disk.sh"
. "$here/partitions.sh"

main() {
  in_private_mounts "$0" "$@"
  live=${1:-}
  mkdir -p "$run_dir"
  work_dir=$(mktemp -d "$run_dir/work.XXXXXX")
  trap clean_up EXIT
  system_facts
  for disk in $(list_disks); do
    disk_facts
    table_entries "$disk" >"$work_dir/parts" || : >"$work_dir/parts"
    while read -r number _ <&3; do
      partition_facts "$number"
    done 3<"$work_dir/parts"
    [ "$live" = live ] || receipts
  done
}

clean_up() {
  umount "$work_dir/mounted" 2>/dev/null
  detach_all
  rm -rf "$work_dir"
}

# awk ends the last line where the content does not: else the next header would hide behind it.
section() {
  echo "$*"
  awk '{ print "\t" $0 }'
}

system_facts() {
  section boot-id </proc/sys/kernel/random/boot_id
  section command-line </proc/cmdline
  if [ -d /sys/firmware/efi ]; then echo uefi; else echo bios; fi | section firmware
  awk '$1 == "MemTotal:" { printf "%.0f\n", $2 * 1024 }' /proc/meminfo | section memory-bytes
  awk '$2 == "/" { found = $1 } END { print found }' /proc/mounts | section root-source
  tools | section tools
  begun_leases | section begun
}

# Serials of the disks that some phase has begun to write to in this boot, one a line.
begun_leases() {
  for begun in "$run_dir"/leases/*/begun; do
    [ ! -f "$begun" ] || cat "$begun"
  done
}

# NAME=VERSION; nothing behind the sign: it is missing.
tools() {
  for tool in sfdisk lsblk wipefs blkid losetup flock unshare e2fsck resize2fs dumpe2fs mkfs.ext4 \
    mkfs.btrfs btrfs curl zstd bzip2 lbzip2 sha512sum dd getfattr mdadm lvm; do
    version=
    if command -v "$tool" >/dev/null 2>&1; then
      case $tool in
        e2fsck | resize2fs | dumpe2fs) version=$("$tool" -V 2>&1 | first_version) ;;
        sfdisk | btrfs) version=$("$tool" --version 2>&1 | first_version) ;;
      esac
      version=${version:-present}
    fi
    echo "$tool=$version"
  done
}

first_version() { sed -n '1s/^[^0-9]*[0-9]*fs[^0-9]*//;1s/^[^0-9]*\([0-9][0-9.]*\).*/\1/p'; }

disk_facts() {
  {
    echo "serial=$(disk_serial "$disk")"
    echo "wwn=$(disk_wwn "$disk")"
    for fact in TYPE MODEL SIZE LOG-SEC ROTA TRAN RO RM; do
      echo "$(echo "$fact" | tr '[:upper:]' '[:lower:]')=$(lsblk_fact "$disk" "$fact")"
    done
    echo "fingerprint=$(disk_fingerprint "$disk")"
  } | section disk "$disk"
  if [ -s "$work_dir/dump" ]; then
    sfdisk --json "$disk" 2>/dev/null | section table "$disk"
  fi
  blkid --probe --output export "$disk" 2>/dev/null | section whole "$disk"
  disk_busy "$disk" | section busy "$disk"
}

partition_facts() {
  start=$(entry_field "$work_dir/parts" "$1" start)
  size=$(entry_field "$work_dir/parts" "$1" size)
  {
    blkid --probe --offset $((start * 512)) --size $((size * 512)) --output export "$disk"
    case $(probe "$disk" "$start" "$size" TYPE) in
      ext*) ext_facts ;;
      btrfs) echo "used-bytes=$(number_at $((start * 512 + 65536 + 120)))" ;;
    esac
    [ "$live" != live ] || mounted_facts "$1"
  } 2>/dev/null | section partition "$disk" "$1"
}

ext_facts() {
  dumpe2fs -h "$disk?offset=$((start * 512))" 2>/dev/null | awk -F ': *' '
    $1 == "Last mounted on" { print "last-mounted=" $2 }
    $1 == "Block count" { blocks = $2 }
    $1 == "Free blocks" { free = $2 }
    $1 == "Block size" { size = $2 }
    END {
      printf "used-bytes=%.0f\nfilesystem-bytes=%.0f\n", (blocks - free) * size, blocks * size
    }'
}

mounted_facts() {
  for entry in "/sys/class/block/${disk##*/}/${disk##*/}"*; do
    [ "$(cat "$entry/partition")" = "$1" ] || continue
    target=$(findmnt --noheadings --first-only --output TARGET --source "/dev/${entry##*/}") ||
      return 0
    echo "last-mounted=$target"
    df --block-size=1 --output=used "$target" | sed -n '2s/^ */used-bytes=/p'
  done
}

# Eight bytes at a byte offset of the disk, as a number (btrfs superblock: bytes_used).
number_at() {
  dd if="$disk" bs=8 count=1 skip="$1" iflag=skip_bytes,fullblock status=none |
    od -An -t u8 | tr -d ' '
}

# What ironstep left on OEM to say what it did.
receipts() {
  number=$(awk '/ name="OEM"|, name="OEM"/ { print $1; exit }' "$work_dir/parts")
  [ -n "$number" ] || return 0
  start=$(entry_field "$work_dir/parts" "$number" start)
  size=$(entry_field "$work_dir/parts" "$number" size)
  if mount_range "$start" "$size" "$work_dir/mounted" untouched 2>/dev/null; then
    for file in "$work_dir"/mounted/ironstep/*; do
      case $file in *.json | *.begun | *.report) ;; *) continue ;; esac
      if [ -f "$file" ] && [ ! -L "$file" ]; then
        head -c 16384 "$file" | section receipt "$disk" "${file##*/}"
      fi
    done
    umount "$work_dir/mounted"
  fi
  detach_all
}

main "$@"
