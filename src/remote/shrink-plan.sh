#!/bin/sh
# shellcheck disable=SC2034,SC2154 # variables are shared with the script that sources this
# Sourced by repartition.sh: whether a planned table stays within what its lease allows. Needs
# host.sh and disk.sh.

linux_type=0fc63daf-8483-4772-8e79-3d69d8477de4

# The lease allows no more than this: ROOT smaller, everything else as it is, Linux partitions
# behind ROOT.
check_plan() {
  root_start=$(entry_field "$planned" "$root_number" start)
  root_sectors=$(entry_field "$planned" "$root_number" size)
  root_sectors_now=$(entry_field "$current" "$root_number" size)
  if [ -z "$root_sectors" ] || [ -z "$root_sectors_now" ]; then
    refuse "there is no partition $root_number."
  fi
  [ "$root_sectors" -le "$root_sectors_now" ] ||
    refuse "ROOT would grow from $root_sectors_now to $root_sectors sectors; it grows by itself."
  for number in $(entry_numbers "$current"); do
    [ "$(fixed_part "$current" "$number")" = "$(fixed_part "$planned" "$number")" ] ||
      refuse "the planned table changes partition $number:" \
        "'$(fixed_part "$current" "$number")' -> '$(fixed_part "$planned" "$number")'."
  done
  created=
  for number in $(entry_numbers "$planned"); do
    [ -z "$(entry_field "$current" "$number" start)" ] || continue
    [ "$(entry_field "$planned" "$number" start)" -ge $((root_start + root_sectors)) ] ||
      refuse "new partition $number does not lie behind ROOT."
    [ "$(entry_field "$planned" "$number" type | tr '[:upper:]' '[:lower:]')" = "$linux_type" ] ||
      refuse "new partition $number is not of the type of Linux data."
    created="$created $number"
  done
  while read -r number start sectors _; do
    [ "$(entry_range "$planned" "$number")" = "$start $sectors" ] ||
      refuse "partition $number is not where the planned table has it."
  done <"$JOB_IN/partitions"
}

# An entry without what may change: the size of ROOT.
fixed_part() {
  if [ "$2" = "$root_number" ]; then
    awk -v number="$2" '$1 == number { sub(/ size=[0-9]+,/, ""); print }' "$1"
  else
    awk -v number="$2" '$1 == number' "$1"
  fi
}
