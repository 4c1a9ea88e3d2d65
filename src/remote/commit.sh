#!/bin/sh
# shellcheck disable=SC2034,SC2154 # variables are shared with the script that sources this
# Sourced: the partition table, made in RAM and brought to the disk in as few writes as there can
# be. Needs host.sh and disk.sh.

# 33 sectors at the end: 32 of entries, then the header.
backup_bytes=$((33 * 512))

flush() { sync "$disk"; }

# write_range FILE FILE_OFFSET DISK_OFFSET BYTES: one direct write, no page cache in between.
write_range() {
  dd if="$1" of="$disk" bs="$4" count=1 skip="$2" seek="$3" conv=nocreat,notrunc status=none \
    iflag=fullblock,skip_bytes oflag=direct,seek_bytes || fail "writing to $disk at byte $3."
}

# read_range DISK_OFFSET BYTES: what is on the medium, not in the cache.
read_range() {
  dd if="$disk" bs="$2" count=1 skip="$1" iflag=fullblock,skip_bytes,direct status=none
}

# make_shadow FIRST_MIB SCRIPT FILE: a sparse file of the disk's size on which sfdisk works out the
# table. The boot code, disk signature and boot flag of the MBR (447 bytes) are kept.
make_shadow() {
  rm -f "$3"
  truncate -s $((disk_sectors * 512)) "$3"
  dd if="$1" of="$3" bs=1M count=1 conv=notrunc status=none
  sfdisk --quiet --wipe never --wipe-partitions never --no-reread --no-tell-kernel "$3" \
    <"$2" >"$work_dir/sfdisk.log" 2>&1 ||
    refuse "the planned table does not suit this disk: $(tail -n 3 "$work_dir/sfdisk.log")"
  dd if="$1" of="$3" bs=1 count=447 conv=notrunc status=none
  table_entries "$3" >"$3.entries" || refuse 'the planned table cannot be read back.'
  [ "$(entry_numbers "$3.entries" | tail -n 1)" -le 24 ] ||
    refuse 'the planned table has entries above 24: they would not fit into one write.'
}

entry_numbers() { awk '{ print $1 }' "$1"; }

# The header and the first 24 entries are in the first 4 KiB: one write switches the table.
write_primary() { write_range "$1" 0 0 4096; }

write_backup() {
  offset=$((disk_sectors * 512 - backup_bytes))
  write_range "$1" "$offset" "$offset" "$backup_bytes"
}

# Both copies on the medium are those of the shadow.
table_is_written() {
  read_range 0 1048576 >"$work_dir/written"
  cmp -s -n 1048576 "$work_dir/written" "$1" || return 1
  offset=$((disk_sectors * 512 - backup_bytes))
  read_range "$offset" "$backup_bytes" >"$work_dir/written"
  dd if="$1" bs="$backup_bytes" count=1 skip="$offset" iflag=skip_bytes status=none |
    cmp -s - "$work_dir/written"
}

check_table() {
  table_is_written "$1" || fail 'the partition table reads back differently.'
  [ "$(disk_fingerprint "$disk")" = "$(disk_fingerprint "$1")" ] ||
    fail 'the partition table on the disk is not the planned one.'
}

# The kernel may learn of the partitions now; nothing here depends on it.
tell_kernel() {
  blockdev --rereadpt "$disk" 2>/dev/null || partx --update "$disk" 2>/dev/null || true
}
