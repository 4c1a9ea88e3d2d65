#!/bin/sh
# shellcheck source-path=SCRIPTDIR
# What an installed system that does not answer has left on its disk: journal, Ignition, boot
# evidence. Read-only: partitions are mounted without even replaying a journal.
# Usage: harvest.sh SERIAL WWN, in the rescue system, as root
# Output: sections; a header line `NAME`, then its content, each line behind a tab; bounded.
set -u
here=$(dirname "$0")
. "$here/host.sh"
. "$here/disk.sh"
. "$here/partitions.sh"

journal_lines=60
section_bytes=6000

main() {
  in_private_mounts "$0" "$@"
  [ "$#" -eq 2 ] || { echo 'usage: harvest.sh SERIAL WWN' >&2; exit 64; }
  mkdir -p "$run_dir"
  work_dir=$(mktemp -d "$run_dir/work.XXXXXX")
  trap clean_up EXIT
  disk=$(find_disk "$1" "$2")
  case $disk in
    '' | *' '*) refuse "not one disk has serial '$1' $2" ;;
  esac
  table_entries "$disk" >"$work_dir/parts" || refuse "$disk has no partition table"
  section table <"$work_dir/parts"
  with_partition EFI-SYSTEM boot_evidence
  with_partition OEM oem_evidence
  with_partition ROOT root_evidence
}

clean_up() {
  umount "$work_dir/mounted" 2>/dev/null
  detach_all
  rm -rf "$work_dir"
}

# awk ends the last line where the content does not: else the next header would hide behind it.
section() {
  echo "$*"
  tail -c "$section_bytes" | awk '{ print "\t" $0 }'
}

# with_partition NAME COMMAND: runs it while the partition is mounted on $mounted.
with_partition() {
  number=$(awk -v name="$1" 'index($0, "name=\"" name "\"") { print $1; exit }' "$work_dir/parts")
  if [ -z "$number" ]; then
    echo "there is no partition $1" | section "missing"
    return
  fi
  start=$(entry_field "$work_dir/parts" "$number" start)
  size=$(entry_field "$work_dir/parts" "$number" size)
  mounted=$work_dir/mounted
  if mount_range "$start" "$size" "$mounted" untouched 2>"$work_dir/error"; then
    "$2"
    umount "$mounted"
  else
    section "unreadable $1" <"$work_dir/error"
  fi
  detach_all
}

# Flatcar's GRUB asks Ignition to run while flatcar/first_boot is there; the first boot removes it.
boot_evidence() {
  for flag in flatcar/first_boot coreos/first_boot; do
    if [ -e "$mounted/$flag" ]; then echo "$flag is there: the first boot has not got far"; fi
  done | section boot
}

oem_evidence() {
  find "$mounted" -maxdepth 2 -type f 2>/dev/null | sed "s|^$mounted/||" | section oem
}

root_evidence() {
  result=$mounted/etc/.ignition-result.json
  [ ! -f "$result" ] || head -c "$section_bytes" "$result" | section ignition
  journal | section journal
}

# A rescue system without journalctl still says whether there is a journal, and of when.
journal() {
  folder=$mounted/var/log/journal
  if [ ! -d "$folder" ]; then
    echo 'ROOT holds no journal: no boot of this system came as far as to write one'
  elif command -v journalctl >/dev/null 2>&1; then
    # A pager or colours would have to be taken out again.
    journalctl --directory="$folder" --no-pager --quiet --boot --lines="$journal_lines" \
      --output=short-iso 2>&1 || ls -lR "$folder"
  else
    echo 'the rescue system has no journalctl; the journal files are:'
    ls -lR "$folder"
  fi
}

main "$@"
