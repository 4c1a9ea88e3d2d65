#!/bin/sh
# shellcheck disable=SC2034,SC2154 # variables are shared with the script that sources this
# Sourced: reaching partitions by offset. While a disk is being prepared it has no valid table, so
# the kernel has no partition nodes; a missing node once made mke2fs write into a regular file.
# Needs host.sh.

# attach START_SECTOR SECTORS [OPTION]: sets loop, a loop device over that range of the disk.
attach() {
  [ -e /dev/loop-control ] || modprobe loop 2>/dev/null || true
  loop=$(losetup ${3+"$3"} --find --show \
    --offset $(($1 * 512)) --sizelimit $(($2 * 512)) "$disk") ||
    fail "no loop device for sectors $1+$2 of $disk."
  [ -b "$loop" ] || fail "$loop is not a block device."
  loops="${loops:-} $loop"
}

# detach LOOP: what was written through it is on the disk afterwards.
detach() {
  sync "$1"
  losetup --detach "$1"
  kept=
  for other in $loops; do [ "$other" = "$1" ] || kept="$kept $other"; done
  loops=$kept
}

detach_all() {
  for left in ${loops:-}; do losetup --detach "$left" 2>/dev/null || true; done
  loops=
}

# probe DISK START SECTORS TAG: filesystem facts of a range, without a device node.
probe() {
  blkid --probe --offset $(($2 * 512)) --size $(($3 * 512)) --output value --match-tag "$4" \
    "$1" 2>/dev/null || true
}

# superblock START FIELD: what dumpe2fs -h says of the ext filesystem at that sector of the disk.
superblock() {
  dumpe2fs -h "$disk?offset=$(($1 * 512))" 2>/dev/null | sed -n "s/^$2: *//p"
}

# mount_range START SECTORS FOLDER MODE: rw; or ro; or `untouched`, read-only without even
# replaying a journal.
mount_range() {
  mounted_type=$(probe "$disk" "$1" "$2" TYPE)
  options=$4
  if [ "$4" != untouched ]; then
    attach "$1" "$2"
  else
    attach "$1" "$2" --read-only
    case $mounted_type in
      ext*) options=ro,noload ;;
      btrfs) options=ro,rescue=nologreplay ;;
      xfs) options=ro,norecovery ;;
      *) options=ro ;;
    esac
  fi
  mounted_loop=$loop
  # Another disk may carry a btrfs with the same UUID (an earlier installation): the kernel would
  # mount that one.
  [ "$mounted_type" != btrfs ] || btrfs device scan --forget >/dev/null 2>&1 || true
  mkdir -p "$3"
  mount -t "${mounted_type:-auto}" -o "$options" "$mounted_loop" "$3"
}

# umount_range FOLDER: by then its contents are on the disk.
umount_range() {
  sync -f "$1"
  umount "$1"
  detach "$mounted_loop"
}

# make_filesystem START SECTORS TYPE LABEL UUID
make_filesystem() {
  attach "$1" "$2"
  made_on=$loop
  wipefs --quiet --all "$made_on"
  case $3 in
    ext4) mkfs.ext4 -q -F -E nodiscard -L "$4" -U "$5" "$made_on" >&2 ;;
    btrfs) mkfs.btrfs -q -f -K -L "$4" -U "$5" "$made_on" >&2 ;;
    *) fail "no way to make a $3 filesystem." ;;
  esac || fail "the $3 filesystem $4 could not be made."
  detach "$made_on"
}
