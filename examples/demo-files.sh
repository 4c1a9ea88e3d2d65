#!/bin/sh
# First boot of the demo: 420 small files of many kinds below the folder $1, and some links. The
# demo compares them all by hash before and after ROOT is shrunk. Nearly all of it is done by the
# shell itself, because starting a program is slow on an emulated machine.
set -eu

main() {
  base=$1
  text='The quick brown fox jumps over the lazy dog.'
  folder=1
  while [ "$folder" -le 20 ]; do
    mkdir -p "$base/folder $folder"
    cd "$base/folder $folder"
    fill "$folder"
    cd "$base"
    folder=$((folder + 1))
  done
  owners
  links
  sync
}

# 21 files: 20 texts that grow from folder to folder, and one of random bytes.
fill() {
  file=1
  while [ "$file" -le 20 ]; do
    printf '%s %s of %s\n' "$text" "$file" "$1" >"file $file.txt"
    file=$((file + 1))
  done
  : >"file 1.txt"
  head -c "$(($1 * 3000 + 7))" /dev/urandom >random.bin
  chmod 0600 "file 2.txt" "file 3.txt"
  chmod 0755 "file 4.txt"
  text="$text
$1 $text"
  [ "${#text}" -lt 20000 ] || text='Now it is small again: ä ö ü €.'
}

# 500 is core; a number, so that it works on a system without that name.
owners() {
  [ "$(id -u)" -eq 0 ] || return 0
  chown -R 500:500 "folder 5" "folder 10"
  chown 1:1 "folder 1/file 2.txt"
}

links() {
  ln -s "folder 1/random.bin" symlink
  ln -s /nowhere dangling
  ln "folder 2/random.bin" hardlink
  ln "folder 2/random.bin" "folder 3/hardlink"
  truncate -s 8M sparse
}

main "$@"
