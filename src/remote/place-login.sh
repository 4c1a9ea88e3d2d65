#!/bin/sh
# shellcheck source-path=SCRIPTDIR
# place-login.sh ROOT_NUMBER OEM_NUMBER
# Lets keys in from the rescue system: puts ironstep's own login (keys, script, unit) on ROOT of a
# system that ironstep installed, so that its next boot admits them whatever sshd reads by then.
# Nothing else on ROOT is changed.
#
# Which disk is decided by its serial or WWN, its table and our own receipt on its OEM partition,
# whose mac the worker has checked. An unfinished install or shrink, another filesystem than a clean
# ext4 ROOT and a system that never booted (its first boot would undo this) are refused.
#
# JOB_IN:  lease, receipt.json (as it must be on OEM), login-keys (lines of ours and the person's),
#          ensure-login.sh, ironstep-login.service
# JOB_OUT: report (key=value)
set -eu
here=$(dirname "$0")
. "$here/host.sh"
. "$here/disk.sh"
. "$here/lease.sh"
. "$here/partitions.sh"

root_type=3884dd41-8582-4404-b9a8-e9b84f2df50e
units=etc/systemd/system
unit=ironstep-login.service

main() {
  in_private_mounts "$0" "$@"
  root_number=$1 oem_number=$2
  require_tools lsblk sfdisk wipefs blkid losetup flock blockdev dd sha256sum cmp mount umount \
    e2fsck dumpe2fs awk sync
  mkdir -p "$run_dir"
  work_dir=$(mktemp -d "$run_dir/work.XXXXXX")
  folder=$work_dir/mounted
  trap clean_up EXIT
  check_lease
  check_receipt
  check_root
  begun=yes
  mend_journal
  place
}

clean_up() {
  umount "$folder" 2>/dev/null || true
  detach_all
  rm -rf "$work_dir"
}

check_lease() {
  read_lease add-key
  for file in receipt.json login-keys ensure-login.sh "$unit"; do
    [ -s "$JOB_IN/$file" ] || refuse "the input $file is missing."
  done
  check_boot
  take_disk
  check_disk
  check_contents "$lease_fingerprint"
  current=$work_dir/current.entries
  table_entries "$disk" >"$current" || refuse 'the disk has no valid partition table.'
}

check_receipt() {
  mount_number "$oem_number" untouched || refuse 'OEM cannot be mounted.'
  cmp -s "$folder/ironstep/install.json" "$JOB_IN/receipt.json" ||
    refuse 'the receipt on the disk is not the one that was checked.'
  [ ! -e "$folder/ironstep/repartition.begun" ] ||
    refuse 'shrinking ROOT was begun and is not finished: provision the server again first.'
  umount_range "$folder"
}

check_root() {
  root_start=$(entry_field "$current" "$root_number" start)
  [ "$(entry_field "$current" "$root_number" name)" = '"ROOT"' ] ||
    refuse "partition $root_number is not ROOT."
  [ "$(entry_field "$current" "$root_number" type | tr '[:upper:]' '[:lower:]')" = $root_type ] ||
    refuse "partition $root_number has not the type of ROOT."
  [ "$(probe_number "$root_number" TYPE)" = ext4 ] || refuse 'ROOT is not ext4.'
  state=$(superblock "$root_start" 'Filesystem state')
  [ "$state" = clean ] ||
    refuse "the filesystem of ROOT is $state; it needs a person: e2fsck -f."
  mount_number "$root_number" untouched || refuse 'ROOT cannot be mounted.'
  [ -f "$folder/etc/ironstep/stamp.json" ] ||
    refuse 'the system on the disk has not finished its first boot, which would undo this.'
  umount_range "$folder"
}

# A server that was reset left its journal to be replayed, as any boot would; no more than that.
mend_journal() {
  attach "$root_start" "$(entry_field "$current" "$root_number" size)"
  e2fsck -p "$loop" >&2 || [ $? -le 1 ] ||
    refuse 'e2fsck -p will not mend ROOT by itself; it needs a person: e2fsck -f.'
  detach "$loop"
}

place() {
  progress 0 0 percent placing the keys on ROOT
  mount_number "$root_number" rw || fail 'ROOT cannot be mounted.'
  for path in etc/ironstep opt/ironstep "$units/multi-user.target.wants"; do real_folder "$path"; done
  keys=$folder/etc/ironstep/login-keys
  [ ! -L "$keys" ] || refuse 'login-keys on ROOT is a link.'
  sh "$here/ensure-login.sh" "$JOB_IN/login-keys" --into "$keys" >"$work_dir/said" ||
    fail 'the keys cannot be written.'
  added=$(sed -n 's/^added \([0-9]*\) .*/\1/p' "$work_dir/said")
  report keys-added "${added:-0}"
  put ensure-login.sh opt/ironstep/ensure-login.sh 755
  put "$unit" "$units/$unit" 644
  ln -sfn "/$units/$unit" "$folder/$units/multi-user.target.wants/$unit"
  umount_range "$folder"
  sync "$disk"
}

# Inside ROOT; a link on the way would lead out of it, into the rescue system.
real_folder() {
  at=$folder
  for name in $(printf '%s\n' "$1" | tr / ' '); do
    at=$at/$name
    [ ! -L "$at" ] || refuse "${at#"$folder"} on ROOT is a link."
    [ -d "$at" ] || mkdir -m 755 "$at" || fail "${at#"$folder"} on ROOT cannot be made."
  done
}

# put FILE PATH MODE: beside and renamed, so that a power cut leaves the old file or the new one.
put() {
  new=$folder/$2.new
  if cp "$JOB_IN/$1" "$new" && chmod "$3" "$new" && sync "$new" && mv -f "$new" "$folder/$2"; then
    return 0
  fi
  fail "/$2 on ROOT cannot be written."
}

mount_number() {
  mount_range "$(entry_field "$current" "$1" start)" "$(entry_field "$current" "$1" size)" \
    "$folder" "$2"
}

probe_number() {
  probe "$disk" "$(entry_field "$current" "$1" start)" "$(entry_field "$current" "$1" size)" "$2"
}

main "$@"
