#!/bin/sh
# shellcheck disable=SC2034,SC2154 # variables are shared with the script that sources this
# Sourced: what a filesystem holds, so that two moments can be compared. Records end with NUL,
# because file names may hold anything else.
# Left out: times and sizes of directories (resize2fs renumbers inodes: 140 directory times changed
# in a measured shrink) and the link count of directories.

# write_manifest FOLDER FILE
write_manifest() {
  (
    cd "$1" || exit 1
    find . -xdev \( -type d -printf 'd %m %U %G\t%P\0' \
      -o -type f -printf 'f %m %U %G %s %T@ %n\t%P\0' \
      -o -printf '%y %m %U %G %T@ %n %l\t%P\0' \)
    find . -xdev -type f -print0 | xargs -0 -r sha256sum -z -- |
      sed -z 's/^\([0-9a-f]*\)  \.\//sha256 \1\t/'
    if command -v getfattr >/dev/null 2>&1; then
      attributes=$(find . -xdev -print0 | LC_ALL=C sort -z |
        xargs -0 -r getfattr --no-dereference --dump --match=- --encoding=hex -- 2>/dev/null |
        sha256sum)
      printf 'attributes %s\t\0' "${attributes%% *}"
    fi
  ) | LC_ALL=C sort -z >"$2"
}

# paths MANIFEST: the path of each record, sorted, once.
manifest_paths() { sed -z 's/^[^\t]*\t//' "$1" | LC_ALL=C sort -zu; }

count_records() { tr -cd '\0' | wc -c | tr -d ' '; }

# compare_manifests BEFORE AFTER: reports files-unchanged, files-changed, files-missing, and says
# the first paths that differ.
compare_manifests() {
  LC_ALL=C comm -z -23 "$1" "$2" >"$work_dir/differs"
  manifest_paths "$work_dir/differs" >"$work_dir/differing"
  manifest_paths "$1" >"$work_dir/paths-before"
  manifest_paths "$2" >"$work_dir/paths-after"
  grep -zv '^d ' "$1" | grep -zv '^\(sha256\|attributes\) ' >"$work_dir/files" || true
  manifest_paths "$work_dir/files" >"$work_dir/file-paths"
  missing=$(LC_ALL=C comm -z -23 "$work_dir/paths-before" "$work_dir/paths-after" | count_records)
  differing=$(count_records <"$work_dir/differing")
  unchanged=$(LC_ALL=C comm -z -23 "$work_dir/file-paths" "$work_dir/differing" | count_records)
  report files-unchanged "$unchanged"
  report files-changed $((differing - missing))
  report files-missing "$missing"
  [ "$differing" -eq 0 ] ||
    say "Changed or missing: $(tr '\0' '\n' <"$work_dir/differing" | head -n 20)"
}
