#!/bin/sh
# shellcheck source-path=SCRIPTDIR
# stage-image.sh URL SHA512 COMPRESSED_BYTES COMPRESSION
# Proves the image good before anything on a disk changes: into RAM where it fits, else in a pass
# that only hashes (write-image then streams it again, and checks again).
# JOB_OUT: image-table.json (sfdisk --json of the image's own table), image-bytes, report.
set -eu
here=$(dirname "$0")
. "$here/host.sh"
. "$here/image-stream.sh"

# RAM that stays for the system and for e2fsck, in KiB.
margin_kib=163840

main() {
  which_image "$@"
  require_tools curl sha512sum sfdisk truncate dd od
  require_decompressor
  mkdir -p "$stage_dir"
  chmod 0700 "$stage_dir"
  work_dir=$stage_dir/work
  rm -rf "$work_dir"
  mkdir "$work_dir"
  step_begins
  if [ -f "$(staged_image)" ]; then
    say 'The image is already in RAM.'
  elif fits_in_ram; then
    download_to_ram
  else
    say 'The image does not fit into RAM: it is only hashed now, and streamed again to the disk.'
    hash_only
  fi
  step_done download
  image_table
  rm -rf "$work_dir"
}

fits_in_ram() {
  needed_kib=$((image_bytes_compressed / 1024 + 1))
  available_kib=$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo)
  [ "$available_kib" -ge $((needed_kib + margin_kib)) ] || return 1
  room_kib=$(df -Pk "$stage_dir" | awk 'END { print $4 }')
  [ "$room_kib" -ge "$needed_kib" ] || mount_more_ram
}

# /run is often limited to a part of the RAM.
mount_more_ram() {
  mount -t tmpfs -o "size=$((needed_kib + 4096))k,mode=0700" ironstep-stage "$stage_dir" &&
    mkdir -p "$work_dir"
}

download_to_ram() {
  part=$stage_dir/$image_sha512.part
  curl_exit=0
  for attempt in 1 2 3 4 5; do
    [ "$(size_of "$part")" -lt "$image_bytes_compressed" ] || break
    fetch_rest && continue
    case $curl_exit in
      22 | 33 | 36) rm -f "$part" ;; # the server cannot resume here
    esac
    say "Attempt $attempt ended after $(size_of "$part") bytes (curl exit $curl_exit)."
    sleep "$attempt"
  done
  size=$(size_of "$part")
  if [ "$size" -ne "$image_bytes_compressed" ]; then
    [ "$size" -lt "$image_bytes_compressed" ] || rm -f "$part"
    refuse "$image_url gave $size bytes, expected $image_bytes_compressed" \
      "(curl exit $curl_exit)."
  fi
  progress "$size" "$size" bytes checking the image
  found=$(sha512sum <"$part" | cut -d ' ' -f 1)
  check_digest "$found" || {
    rm -f "$part"
    refuse_digest "$found"
  }
  mv "$part" "$(staged_image)"
}

# One request for what is missing, followed by the size of what has come.
fetch_rest() {
  download - "$part" &
  curl_pid=$!
  while kill -0 "$curl_pid" 2>/dev/null; do
    progress "$(size_of "$part")" "$image_bytes_compressed" bytes downloading the image
    sleep 1
  done
  curl_exit=0
  wait "$curl_pid" || curl_exit=$?
  [ "$curl_exit" -eq 0 ]
}

# A first pass that keeps nothing.
hash_only() {
  mkfifo "$work_dir/counted"
  wc -c <"$work_dir/counted" >"$work_dir/size" &
  progress 0 0 bytes hashing the image
  found=$({ download 0 - || echo "$?" >"$work_dir/curl-exit"; } |
    tee "$work_dir/counted" | sha512sum | cut -d ' ' -f 1)
  wait
  [ ! -s "$work_dir/curl-exit" ] ||
    refuse "$image_url cannot be read (curl exit $(cat "$work_dir/curl-exit"))."
  size=$(cat "$work_dir/size")
  [ "$size" -eq "$image_bytes_compressed" ] ||
    refuse "$image_url gave $size bytes, expected $image_bytes_compressed."
  check_digest "$found" || refuse_digest "$found"
}

size_of() { if [ -f "$1" ]; then stat -c %s "$1"; else echo 0; fi; }

check_digest() { [ "$1" = "$image_sha512" ]; }

refuse_digest() {
  refuse "the image is not the one that was signed." \
    "expected sha512 $image_sha512, found $1. From: $image_url"
}

# The image's own table, from its first MiB; its size is where its backup GPT says it ends.
image_table() {
  first=$work_dir/first-mib
  compressed_stream 2>/dev/null | decompress 2>/dev/null | head -c 1048576 >"$first" || true
  [ "$(size_of "$first")" -eq 1048576 ] || refuse 'the image has no first MiB.'
  [ "$(dd if="$first" bs=1 skip=512 count=8 2>/dev/null)" = 'EFI PART' ] ||
    refuse 'the image has no GPT with sectors of 512 bytes.'
  last_sector=$(od -An -t u8 -j 544 -N 8 "$first" | tr -d ' ')
  truncate -s $(((last_sector + 1) * 512)) "$first"
  sfdisk --json "$first" >"$JOB_OUT/image-table.json" 2>/dev/null ||
    refuse "the image's partition table cannot be read."
  echo $(((last_sector + 1) * 512)) >"$JOB_OUT/image-bytes"
}

main "$@"
