#!/bin/sh
# shellcheck disable=SC2034,SC2154 # variables are shared with the script that sources this
# Sourced by repartition.sh: what it writes on OEM so that a later attempt, in another boot even,
# knows how far this one came. Needs partitions.sh.

mount_oem() {
  mount_range "$(entry_field "$current" "$oem_number" start)" \
    "$(entry_field "$current" "$oem_number" size)" "$oem" "$1" || refuse 'OEM cannot be mounted.'
}

# peek_marker MODE: copies what OEM says into RAM. The marker counts only when it is about this
# server, this disk and this plan.
peek_marker() {
  mount_oem "$1"
  rm -rf "$work_dir/oem"
  mkdir "$work_dir/oem"
  [ ! -d "$oem/ironstep" ] || cp -a "$oem/ironstep/." "$work_dir/oem/"
  umount "$oem"
  losetup --detach "$mounted_loop"
  [ "$(marker server) $(marker serial) $(marker planned)" = \
    "$lease_server $lease_serial $planned_fingerprint" ] || rm -f "$work_dir/oem/repartition.begun"
}

marker() {
  [ -r "$work_dir/oem/repartition.begun" ] || return 0
  sed -n "s/^$1=//p" "$work_dir/oem/repartition.begun" | tail -n 1
}

marked() {
  [ -r "$work_dir/oem/repartition.begun" ] && grep -qx "$1" "$work_dir/oem/repartition.begun"
}

# mark LINE...: added to the marker, on the disk when this returns. OEM is mounted only for that
# moment, so that a power cut finds it clean.
mark() {
  mount_oem rw
  mkdir -p "$oem/ironstep"
  printf '%s\n' "$@" >>"$work_dir/oem/repartition.begun"
  cp "$work_dir/oem/repartition.begun" "$oem/ironstep/repartition.new"
  sync "$oem/ironstep/repartition.new"
  mv "$oem/ironstep/repartition.new" "$oem/ironstep/repartition.begun"
  umount_range "$oem"
}
