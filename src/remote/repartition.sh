#!/bin/sh
# shellcheck source-path=SCRIPTDIR
# repartition.sh ROOT_NUMBER OEM_NUMBER
# Shrinks ROOT and uses the space behind it, as one transaction that a power cut may interrupt at
# any write (DESIGN invariant 4): the filesystem first, then the whole table at once, then the new
# filesystems. What was done is recorded on OEM before the next thing begins; started again it
# goes on from there.
#
# JOB_IN:  lease, table.sfdisk (planned table), receipt.json,
#          partitions (NUMBER START SECTORS FILESYSTEM LABEL UUID of each one to be made)
# JOB_OUT: report (key=value), table-before.json, table-before.sfdisk, table-after.json
set -eu
here=$(dirname "$0")
. "$here/host.sh"
. "$here/disk.sh"
. "$here/lease.sh"
. "$here/partitions.sh"
. "$here/commit.sh"
. "$here/manifest.sh"
. "$here/oem-marker.sh"
. "$here/shrink-plan.sh"

mib=1048576

main() {
  in_private_mounts "$0" "$@"
  root_number=$1 oem_number=$2
  require_tools lsblk sfdisk wipefs blkid losetup flock blockdev dd sha256sum cmp comm mount \
    umount e2fsck resize2fs dumpe2fs mkfs.ext4 awk sync truncate find xargs gzip
  mkdir -p "$run_dir"
  work_dir=$(mktemp -d "$run_dir/work.XXXXXX")
  oem=$work_dir/mounted
  trap clean_up EXIT
  started_ms=$(now_ms)
  prepare
  # Whatever the lease says: a repeat of what was finished writes nothing.
  peek_marker untouched
  if ! finished_before; then
    check_lease
    # From here on the disk is ours by the lease: a journal may be replayed to see the last mark.
    peek_marker ro
  fi
  if finished_before; then
    say 'This was done before; nothing is left to do.'
    return 0
  fi
  check_filesystem
  check_room
  begin
  shrink_filesystem
  switch_table
  make_partitions
  compare_files
  finish
}

clean_up() {
  umount "$oem" 2>/dev/null || true
  detach_all
  rm -rf "$work_dir"
}

# ---- may it be done

prepare() {
  read_lease repartition
  for file in table.sfdisk receipt.json; do
    [ -s "$JOB_IN/$file" ] || refuse "the input $file is missing."
  done
  [ -e "$JOB_IN/partitions" ] || : >"$JOB_IN/partitions"
  ! grep -q ' btrfs ' "$JOB_IN/partitions" || require_tools mkfs.btrfs btrfs
  take_disk
  check_disk
  current=$work_dir/current.entries
  table_entries "$disk" >"$current" || refuse 'the disk has no valid partition table.'
  read_range 0 "$mib" >"$work_dir/first-mib"
  make_shadow "$work_dir/first-mib" "$JOB_IN/table.sfdisk" "$work_dir/shadow"
  planned=$work_dir/shadow.entries
  planned_fingerprint=$(disk_fingerprint "$work_dir/shadow")
  found_fingerprint=$(disk_fingerprint "$disk")
}

check_lease() {
  if [ "$(marker id)" = "$lease_id" ]; then
    check_contents "$lease_fingerprint" "$planned_fingerprint"
  else
    check_boot
    check_contents "$lease_fingerprint"
  fi
  check_plan
}

finished_before() {
  [ "$found_fingerprint" = "$planned_fingerprint" ] &&
    [ ! -e "$work_dir/oem/repartition.begun" ] &&
    cmp -s "$work_dir/oem/repartition.json" "$JOB_IN/receipt.json" &&
    cp "$work_dir/oem/repartition.report" "$JOB_OUT/report" &&
    cp "$work_dir/oem/table-before.json" "$work_dir/oem/table-before.sfdisk" "$JOB_OUT/" &&
    sfdisk --json "$disk" >"$JOB_OUT/table-after.json" 2>/dev/null
}

# ---- the filesystem

# Replays the journal and repairs what any boot would repair. More than that only when the damage
# is of our own making.
check_filesystem() {
  step_begins
  progress 0 0 percent checking ROOT
  [ "$(probe "$disk" "$root_start" "$root_sectors_now" TYPE)" = ext4 ] ||
    refuse 'ROOT is not ext4: only ext4 can be shrunk.'
  attach "$root_start" "$root_sectors_now"
  root_loop=$loop
  code=0
  e2fsck -fp "$root_loop" >&2 || code=$?
  if [ "$code" -ge 4 ] && marked resize=started; then
    say 'ROOT was being resized when the last attempt was cut off: it is repaired.'
    code=0
    e2fsck -fy "$root_loop" >&2 || code=$?
  fi
  [ "$code" -le 1 ] ||
    refuse "e2fsck -fp will not repair ROOT by itself (exit $code); it needs a person: e2fsck -fy."
  block_bytes=$(superblock "$root_start" 'Block size')
  root_blocks=$((root_sectors * 512 / block_bytes))
  step_done check
}

check_room() {
  [ "$(superblock "$root_start" 'Block count')" -gt "$root_blocks" ] || return 0
  least=$(resize2fs -P "$root_loop" 2>/dev/null | sed -n 's/.*: *//p')
  [ -n "$least" ] || refuse 'resize2fs does not say how small ROOT can be.'
  [ "$least" -le "$root_blocks" ] ||
    refuse "ROOT holds too much: it needs at least $((least * block_bytes)) bytes," \
      "the layout gives it $((root_blocks * block_bytes))."
}

# ---- the transaction

begin() {
  begin_lease
  sfdisk --dump "$disk" >"$work_dir/table-before.sfdisk" 2>/dev/null
  sfdisk --json "$disk" >"$work_dir/table-before.json" 2>/dev/null
  if [ -e "$work_dir/oem/repartition.begun" ]; then
    created=$(marker created)
    cp "$work_dir/oem/table-before.sfdisk" "$work_dir/oem/table-before.json" "$JOB_OUT/"
    manifest_before
    return 0
  fi
  manifest_before
  cp "$work_dir/table-before.sfdisk" "$work_dir/table-before.json" "$JOB_OUT/"
  mount_oem rw
  mkdir -p "$oem/ironstep"
  rm -f "$oem/ironstep/manifest.gz"
  cp "$work_dir/table-before.sfdisk" "$work_dir/table-before.json" "$oem/ironstep/"
  if [ -s "$work_dir/manifest.gz" ] && ! cp "$work_dir/manifest.gz" "$oem/ironstep/"; then
    say 'OEM has no room for the list of files: after a power cut they cannot be compared.'
    rm -f "$oem/ironstep/manifest.gz"
  fi
  umount_range "$oem"
  mark "id=$lease_id" "server=$lease_server" "serial=$lease_serial" \
    "approved=$found_fingerprint" "planned=$planned_fingerprint" "created=${created# }"
}

# The files as they were before the first attempt: kept on OEM across power cuts.
manifest_before() {
  step_begins
  if [ -s "$work_dir/oem/manifest.gz" ] && [ -e "$work_dir/oem/repartition.begun" ]; then
    gzip -dc "$work_dir/oem/manifest.gz" >"$work_dir/before"
  elif [ ! -e "$work_dir/oem/repartition.begun" ]; then
    progress 0 0 percent hashing the files on ROOT
    manifest_of_root "$work_dir/before"
    gzip -c "$work_dir/before" >"$work_dir/manifest.gz"
  fi
  step_done manifest-before
}

manifest_of_root() {
  mkdir -p "$work_dir/root"
  mount -t ext4 -o ro,noload "$root_loop" "$work_dir/root" || fail 'ROOT cannot be mounted.'
  write_manifest "$work_dir/root" "$1"
  umount "$work_dir/root"
}

shrink_filesystem() {
  step_begins
  if [ "$(superblock "$root_start" 'Block count')" -ne "$root_blocks" ]; then
    mark resize=started
    : >"$work_dir/resize"
    resize2fs -p "$root_loop" "$root_blocks" >"$work_dir/resize" 2>&1 &
    resize_pid=$!
    while kill -0 "$resize_pid" 2>/dev/null; do
      progress "$(resize_percent)" 100 percent shrinking ROOT
      sleep 1
    done
    wait "$resize_pid" || fail "resize2fs: $(tail -n 3 "$work_dir/resize")"
    sync "$root_loop"
  fi
  e2fsck -fn "$root_loop" >&2 || fail 'ROOT is not clean after resize2fs; the table is unchanged.'
  [ "$(superblock "$root_start" 'Block count')" -eq "$root_blocks" ] ||
    fail "ROOT has $(superblock "$root_start" 'Block count') blocks after resize2fs, expected $root_blocks."
  detach "$root_loop"
  flush
  step_done shrink
}

# resize2fs draws 40 X's for each of its passes.
resize_percent() {
  tr '\b' '\n' <"$work_dir/resize" | awk '
    /Begin pass/ { drawn = 0; next }
    { drawn += gsub(/X/, "") }
    END { printf "%d", (drawn > 40 ? 100 : drawn * 100 / 40) }'
}

# The filesystem fits into the planned ROOT by now. The new ranges are blanked first, so that
# whatever is found there later was put there on purpose. Backup, flush, primary: at every write
# one of the two tables is whole, and ROOT is large enough in both.
switch_table() {
  step_begins
  if ! table_is_written "$work_dir/shadow"; then
    dd if=/dev/zero of="$work_dir/zeros" bs=1M count=1 status=none
    if [ "$found_fingerprint" != "$planned_fingerprint" ]; then
      for number in $created; do
        start=$(($(entry_field "$planned" "$number" start) * 512))
        size=$(($(entry_field "$planned" "$number" size) * 512))
        write_range "$work_dir/zeros" 0 "$start" "$mib"
        write_range "$work_dir/zeros" 0 $((start + size - mib)) "$mib"
      done
      flush
    fi
    write_backup "$work_dir/shadow"
    flush
    write_primary "$work_dir/shadow"
    flush
  fi
  check_table "$work_dir/shadow"
  tell_kernel
  step_done table
}

make_partitions() {
  step_begins
  while read -r number start sectors filesystem label uuid <&3; do
    if marked "made=$number"; then continue; fi
    make_partition
  done 3<"$JOB_IN/partitions"
  step_done filesystems
}

# Only a partition that this lease created is ever formatted, and never one that was finished: a
# system may have booted since and use it.
make_partition() {
  attach "$start" "$sectors"
  found=$(wipefs --noheadings --output TYPE "$loop" | tr '\n' ' ')
  sound=no
  if [ -n "$found" ] && is_ours "$loop"; then sound=yes; fi
  detach "$loop"
  if [ "$sound" = yes ]; then
    mark "made=$number"
    return 0
  fi
  case " $created " in
    *" $number "*) ;;
    *) refuse "partition $number was there before and holds no $filesystem of ours ($found)." ;;
  esac
  [ -z "$found" ] || marked "making=$number" ||
    refuse "partition $number holds something that is not ours: $found."
  progress 0 0 percent "making $filesystem $label"
  mark "making=$number"
  make_filesystem "$start" "$sectors" "$filesystem" "$label" "$uuid"
  mark "made=$number"
}

# The filesystem has our UUID, and is whole or has been in use.
is_ours() {
  [ "$(probe "$disk" "$start" "$sectors" UUID) $(probe "$disk" "$start" "$sectors" TYPE)" = \
    "$uuid $filesystem" ] || return 1
  case $filesystem in
    ext4)
      mounts=$(dumpe2fs -h "$1" 2>/dev/null | sed -n 's/^Mount count: *//p')
      [ "${mounts:-0}" -gt 0 ] || e2fsck -fn "$1" >/dev/null 2>&1
      ;;
    btrfs) btrfs check --readonly "$1" >/dev/null 2>&1 ;;
  esac
}

compare_files() {
  step_begins
  progress 0 0 percent comparing the files on ROOT
  attach "$root_start" "$root_sectors"
  root_loop=$loop
  if [ -s "$work_dir/before" ]; then
    manifest_of_root "$work_dir/after"
    compare_manifests "$work_dir/before" "$work_dir/after"
  fi
  detach "$root_loop"
  step_done manifest-after
}

# The receipt says that it is finished; the marker goes after it.
finish() {
  sfdisk --json "$disk" >"$JOB_OUT/table-after.json" 2>/dev/null
  report root-blocks "$root_blocks"
  report block-bytes "$block_bytes"
  report fingerprint "$(disk_fingerprint "$disk")"
  report total-ms $(($(now_ms) - started_ms))
  mount_oem rw
  cp "$JOB_OUT/report" "$oem/ironstep/repartition.report"
  cp "$JOB_IN/receipt.json" "$oem/ironstep/repartition.json"
  sync -f "$oem/ironstep"
  rm -f "$oem/ironstep/repartition.begun" "$oem/ironstep/manifest.gz"
  umount_range "$oem"
  flush
  progress 100 100 percent finished
}

main "$@"
