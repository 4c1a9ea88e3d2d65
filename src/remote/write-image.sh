#!/bin/sh
# shellcheck source-path=SCRIPTDIR
# write-image.sh URL SHA512 COMPRESSED_BYTES COMPRESSION ROOT_NUMBER OEM_NUMBER
# Makes the leased disk an installed system, or leaves it unbootable (DESIGN invariants 2 and 3):
#   old tables at both ends wiped - image from its first MiB on - filesystems, config and receipt
#   by offset - and only then the first MiB, whose first 4 KiB are the commit.
# Started again after a crash it begins with the wipe.
#
# JOB_IN:  lease, table.sfdisk (final table), config.ign, receipt.json;
#          user_data (optional); partitions (optional: NUMBER START SECTORS FILESYSTEM LABEL UUID,
#          made now; ROOT then gets the size that the table gives it)
# JOB_OUT: report (key=value), table-after.json
set -eu
here=$(dirname "$0")
. "$here/host.sh"
. "$here/disk.sh"
. "$here/lease.sh"
. "$here/partitions.sh"
. "$here/commit.sh"
. "$here/image-stream.sh"

mib=1048576
# The first 64 KiB of every chunk are kept in RAM and compared with the medium afterwards.
chunk_bytes=$((128 * mib))
sample_bytes=65536

main() {
  in_private_mounts "$0" "$@"
  which_image "$@"
  root_number=$5 oem_number=$6
  require_tools lsblk sfdisk wipefs blkid losetup flock blockdev dd sha512sum sha256sum cmp curl \
    mount umount e2fsck resize2fs mkfs.ext4 awk sync truncate mkfifo stat
  require_decompressor
  mkdir -p "$run_dir"
  work_dir=$(mktemp -d "$run_dir/work.XXXXXX")
  trap clean_up EXIT
  started_ms=$(now_ms)
  check_all
  begin_lease
  wipe_ends
  write_body
  verify_body
  plan_table
  grow_root
  make_partitions
  place_config
  commit
  report total-ms $(($(now_ms) - started_ms))
  progress 1 1 percent finished
}

clean_up() {
  umount "$work_dir/mounted" 2>/dev/null || true
  detach_all
  rm -rf "$work_dir"
}

check_all() {
  read_lease install
  [ "$lease_sha512" = "$image_sha512" ] ||
    refuse "the lease is for the image $lease_sha512, not for $image_sha512."
  for file in table.sfdisk config.ign receipt.json; do
    [ -s "$JOB_IN/$file" ] || refuse "the input $file is missing."
  done
  if [ -s "$JOB_IN/partitions" ] && grep -q ' btrfs ' "$JOB_IN/partitions"; then
    require_tools mkfs.btrfs
  fi
  check_boot
  take_disk
  check_disk
  if lease_is_begun; then
    dd if=/dev/zero of="$work_dir/blank" bs=1M count=1 status=none
    make_shadow "$work_dir/blank" "$JOB_IN/table.sfdisk" "$work_dir/shadow"
    check_contents "$lease_fingerprint" empty "$(disk_fingerprint "$work_dir/shadow")"
  else
    check_contents "$lease_fingerprint"
  fi
}

# The end first: until the start is gone the old table is whole, and so is its fingerprint.
# The first 4 KiB go in one write, so that no half of an old table stays behind.
wipe_ends() {
  step_begins
  progress 0 0 bytes wiping the old partition tables
  dd if=/dev/zero of="$work_dir/zeros" bs=1M count=1 status=none
  write_range "$work_dir/zeros" 0 $((disk_sectors * 512 - mib)) "$mib"
  flush
  write_range "$work_dir/zeros" 0 0 4096
  write_range "$work_dir/zeros" 4096 4096 $((mib - 4096))
  flush
  step_done wipe
}

# One pass: the compressed stream is hashed while its contents are written.
write_body() {
  step_begins
  mkdir "$work_dir/samples"
  mkfifo "$work_dir/hashed"
  sha512sum <"$work_dir/hashed" >"$work_dir/sha512" &
  {
    compressed_stream || echo "reading it ended with $?" >"$work_dir/stream-failed"
  } | tee "$work_dir/hashed" | {
    decompress || echo "decompressing it ended with $?" >"$work_dir/stream-failed"
  } | write_stream || fail "writing the image to $lease_serial."
  wait
  flush
  [ ! -s "$work_dir/stream-failed" ] || fail "the image: $(cat "$work_dir/stream-failed")."
  found=$(cut -d ' ' -f 1 "$work_dir/sha512")
  [ "$found" = "$image_sha512" ] ||
    fail "the image is not the one that was signed: expected sha512 $image_sha512," \
      "found $found. The disk does not boot."
  # The image's own backup GPT lies behind the body: less than that, and the stream was short.
  [ "$(cat "$work_dir/rest")" -ge "$backup_bytes" ] || fail 'the image ended too early.'
  report bytes-written "$(cat "$work_dir/body-bytes")"
  step_done write
}

# Reads the image: its first MiB into RAM, the rest up to the end of its last partition to the
# disk. The image's backup GPT is left out: on a disk of the same size it would be a valid table.
# `set -e` does not reach into a pipeline that is tested, hence every `|| return 1`.
write_stream() {
  dd of="$work_dir/first-mib" bs=1M count=1 iflag=fullblock status=none || return 1
  image_layout || return 1
  position=$mib
  end=$((image_end * 512))
  while [ "$position" -lt "$end" ]; do
    size=$chunk_bytes
    [ $((end - position)) -ge "$size" ] || size=$((end - position))
    dd of="$work_dir/sample" bs="$sample_bytes" count=1 iflag=fullblock status=none || return 1
    write_range "$work_dir/sample" 0 "$position" "$sample_bytes"
    mv "$work_dir/sample" "$work_dir/samples/$position" || return 1
    dd of="$disk" bs=1M iflag=fullblock,count_bytes count=$((size - sample_bytes)) \
      oflag=direct,seek_bytes seek=$((position + sample_bytes)) conv=nocreat,notrunc \
      status=none || return 1
    position=$((position + size))
    progress "$position" "$end" bytes writing the image
  done
  echo $((end - mib)) >"$work_dir/body-bytes"
  wc -c >"$work_dir/rest"
}

# Where the image's last partition ends; it must fit in front of the disk's backup GPT.
image_layout() {
  [ "$(stat -c %s "$work_dir/first-mib")" -eq "$mib" ] || return 1
  cp "$work_dir/first-mib" "$work_dir/image"
  truncate -s $((($(od -An -t u8 -j 544 -N 8 "$work_dir/image" | tr -d ' ') + 1) * 512)) \
    "$work_dir/image"
  table_entries "$work_dir/image" >"$work_dir/image.entries" || return 1
  image_end=0
  for number in $(entry_numbers "$work_dir/image.entries"); do
    stop=$(($(entry_field "$work_dir/image.entries" "$number" start) + \
      $(entry_field "$work_dir/image.entries" "$number" size)))
    [ "$stop" -le "$image_end" ] || image_end=$stop
  done
  if [ "$image_end" -gt $((disk_sectors - 34)) ]; then
    say "The image needs $image_end sectors, the disk has $disk_sectors."
    return 1
  fi
}

# Past every cache: what the disk gives back at the start of each chunk.
verify_body() {
  step_begins
  blockdev --flushbufs "$disk"
  for sample in "$work_dir"/samples/*; do
    read_range "${sample##*/}" "$sample_bytes" | cmp -s - "$sample" ||
      fail "disk $lease_serial reads back other data than was written at byte ${sample##*/}."
  done
  step_done verify
}

# The final table, now that the image's own first MiB (boot code) is known to be good.
plan_table() {
  make_shadow "$work_dir/first-mib" "$JOB_IN/table.sfdisk" "$work_dir/shadow"
  planned=$work_dir/shadow.entries
  for number in $(entry_numbers "$work_dir/image.entries"); do
    for field in start type uuid name; do
      [ "$(entry_field "$planned" "$number" "$field")" = \
        "$(entry_field "$work_dir/image.entries" "$number" "$field")" ] ||
        fail "the planned table changes the $field of partition $number of the image."
    done
  done
  root_start=$(entry_field "$planned" "$root_number" start)
  root_sectors=$(entry_field "$planned" "$root_number" size)
}

# ROOT gets its final size before the first boot (presize); the region is as large as the larger
# of the two sizes, so that growing and shrinking are the same step.
grow_root() {
  [ -s "$JOB_IN/partitions" ] || return 0
  step_begins
  progress 0 0 percent giving ROOT its size
  region=$(entry_field "$work_dir/image.entries" "$root_number" size)
  [ "$region" -ge "$root_sectors" ] || region=$root_sectors
  attach "$root_start" "$region"
  root_loop=$loop
  e2fsck -fp "$root_loop" >&2 || [ $? -le 1 ] || fail "the image's ROOT filesystem is damaged."
  resize2fs "$root_loop" "${root_sectors}s" >&2 || fail 'ROOT cannot have the planned size.'
  detach "$root_loop"
  step_done root
}

make_partitions() {
  [ -s "$JOB_IN/partitions" ] || return 0
  step_begins
  while read -r number start sectors filesystem label uuid <&3; do
    [ "$(entry_range "$planned" "$number")" = "$start $sectors" ] ||
      fail "partition $number is not where the planned table has it."
    progress 0 0 percent "making $filesystem $label"
    make_filesystem "$start" "$sectors" "$filesystem" "$label" "$uuid"
  done 3<"$JOB_IN/partitions"
  step_done filesystems
}

# What the first boot needs, and what ironstep says about itself.
place_config() {
  step_begins
  progress 0 0 percent writing the config
  folder=$work_dir/mounted
  umask 077
  mount_range "$(entry_field "$planned" "$oem_number" start)" \
    "$(entry_field "$planned" "$oem_number" size)" "$folder" rw || fail 'OEM cannot be mounted.'
  mkdir -p "$folder/ironstep"
  cp "$JOB_IN/config.ign" "$folder/config.ign"
  cp "$JOB_IN/receipt.json" "$folder/ironstep/install.json"
  umount_range "$folder"
  if [ -s "$JOB_IN/user_data" ]; then
    mount_range "$root_start" "$root_sectors" "$folder" rw || fail 'ROOT cannot be mounted.'
    (umask 022 && mkdir -p "$folder/var/lib/flatcar-install")
    cp "$JOB_IN/user_data" "$folder/var/lib/flatcar-install/user_data"
    umount_range "$folder"
  fi
  flush
  step_done config
}

# Everything else is on the disk. The first MiB but its first 4 KiB, then those, in one write: from
# that write on the disk boots. The backup GPT comes last; without it the OS makes one.
commit() {
  step_begins
  write_range "$work_dir/shadow" 4096 4096 $((mib - 4096))
  flush
  write_primary "$work_dir/shadow"
  flush
  write_backup "$work_dir/shadow"
  flush
  check_table "$work_dir/shadow"
  tell_kernel
  sfdisk --json "$disk" >"$JOB_OUT/table-after.json" 2>/dev/null
  report fingerprint "$(disk_fingerprint "$disk")"
  step_done commit
}

main "$@"
