#!/bin/sh
# shellcheck disable=SC2034,SC2154 # variables are shared with the script that sources this
# Sourced: the wipe lease, checked on the host directly before the first irreversible write
# (DESIGN invariant 2). Needs host.sh and disk.sh.

lease_field() { sed -n "s/^$1=//p" "$JOB_IN/lease" | head -n 1; }

# read_lease PHASE: sets lease_*; refuses a lease for something else.
read_lease() {
  [ -r "$JOB_IN/lease" ] || refuse 'there is no wipe lease.'
  lease_id=$(lease_field id)
  lease_server=$(lease_field server)
  lease_serial=$(lease_field serial)
  lease_wwn=$(lease_field wwn)
  lease_bytes=$(lease_field size-bytes)
  lease_sha512=$(lease_field image-sha512)
  lease_fingerprint=$(lease_field fingerprint)
  lease_boot_id=$(lease_field boot-id)
  [ "$(lease_field phase)" = "$1" ] ||
    refuse "the lease is for $(lease_field phase), not for $1."
  case $lease_id in '' | *[!A-Za-z0-9._-]*) refuse 'the lease has no valid id.' ;; esac
  [ -n "$lease_serial$lease_wwn" ] || refuse 'the lease names no disk.'
  [ -n "$lease_fingerprint" ] || refuse 'the lease says nothing about the contents of the disk.'
  lease_dir=$run_dir/leases/$lease_id
}

# Sets disk, and holds it open and locked for as long as this script or any child of it lives:
# a killed script's dd must end before the next attempt starts. The lock also keeps udev away.
take_disk() {
  disk=$(find_disk "$lease_serial" "$lease_wwn")
  case $disk in
    '') refuse "no disk has serial '$lease_serial' $lease_wwn; found: $(list_serials)." \
      'A technician may have replaced the disk.' ;;
    *' '*) refuse "more than one disk has serial '$lease_serial': $disk." ;;
  esac
  [ -b "$disk" ] || refuse "$disk is not a block device."
  exec 8<>"$disk"
  flock -w 60 8 || refuse "another process still works on $disk."
  # What a killed attempt left behind; a loop device that is in use stays and shows as busy.
  for loop in $(losetup --noheadings --output NAME --associated "$disk"); do
    losetup --detach "$loop" 2>/dev/null || true
  done
  disk_sectors=$(($(disk_bytes "$disk") / 512))
}

list_serials() {
  for device in $(list_disks); do
    printf "%s '%s' " "$device" "$(disk_serial "$device")"
  done
}

# The disk is the leased one and nobody uses it. Its contents are compared by check_contents.
check_disk() {
  [ "$(disk_bytes "$disk")" = "$lease_bytes" ] ||
    refuse "disk $lease_serial has $(disk_bytes "$disk") bytes, the lease says $lease_bytes."
  [ "$(blockdev --getss "$disk")" = 512 ] ||
    refuse "disk $lease_serial has sectors of $(blockdev --getss "$disk") bytes, not 512."
  [ "$(blockdev --getro "$disk")" = 0 ] || refuse "disk $lease_serial is read-only."
  reasons=$(disk_busy "$disk" | tr '\n' ';')
  [ -z "$reasons" ] || refuse "disk $lease_serial is in use: $reasons"
}

# A lease that was not begun is void once another system has booted.
check_boot() {
  [ "$lease_boot_id" = "$(cat /proc/sys/kernel/random/boot_id)" ] ||
    refuse "the lease was taken before the server booted again."
}

# check_contents STATES...: what is on the disk is one of these fingerprints.
check_contents() {
  found_fingerprint=$(disk_fingerprint "$disk")
  for state in "$@"; do
    [ "$found_fingerprint" != "$state" ] || return 0
  done
  refuse "the disk is not the one that was approved." \
    "approved: $lease_serial with contents $lease_fingerprint," \
    "found: $(disk_serial "$disk") with contents $found_fingerprint."
}

lease_is_begun() { [ -e "$lease_dir/begun" ]; }

# Recorded before the first write.
begin_lease() {
  mkdir -p "$lease_dir"
  printf '%s\n' "$lease_serial" >"$lease_dir/begun"
  sync "$lease_dir/begun"
  begun=yes
}
