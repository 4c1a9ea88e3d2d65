#!/bin/sh
# Lets the keys in the file KEYS log in: they become lines of the file that counts, if they are not
# yet. What is there stays, nothing is added twice, and a second run changes nothing.
#
#   ensure-login.sh KEYS             core's, on an installed system: at every boot, and by add-key
#   ensure-login.sh KEYS --user NAME another user's
#   ensure-login.sh KEYS --into FILE that file (root's, closed to others), whatever sshd reads
#
# The file that counts is the first that sshd really reads that user's keys from, whatever its
# configuration has become since; it is named on stdout.
#
# Root writes in a folder of core's here. That gives core nothing: core may become root anyway.
set -u
umask 077

main() {
  keys=$1 user=core
  case "${2:-}" in
    --into)
      file=$3 owner='' folder_mode=0755 file_mode=0600
      add_missing
      ;;
    *)
      [ "${2:-}" != --user ] || user=$3
      find_file
      add_missing
      [ -z "$(missing_keys "$keys" "$file")" ] || refuse "$file does not hold what was written to it"
      echo "sshd reads keys of $user from $file"
      ;;
  esac
}

refuse() {
  echo "ensure-login: $1" >&2
  exit 1
}

# Sets file, and whose it and the folders on the way become: the user's in the user's home;
# elsewhere root's, and open to reading, since sshd reads as the user.
find_file() {
  account=$(getent passwd "$user") || refuse "there is no user $user"
  home=$(printf '%s\n' "$account" | cut -d : -f 6)
  owner=$(printf '%s\n' "$account" | cut -d : -f 3,4) folder_mode=0700 file_mode=0600

  read_by_sshd=$(effective_file) || refuse "sshd -T cannot say where it reads keys from"
  case $read_by_sshd in
    '' | none) refuse "sshd reads keys from no file (AuthorizedKeysFile none)" ;;
  esac
  file=$(expand "$read_by_sshd")
  case $file in
    "$home"/*) ;;
    /*) owner='' folder_mode=0755 file_mode=0644 ;;
    *) file=$home/$file ;;
  esac
}

# The first of them; sshd -T says them as configured, with tokens.
effective_file() {
  settings=$(ask_sshd) || {
    # Debian's sshd wants this folder, which only its own unit makes.
    mkdir -p /run/sshd
    settings=$(ask_sshd) || return 1
  }
  printf '%s\n' "$settings" | awk '$1 == "authorizedkeysfile" { print $2; exit }'
}

ask_sshd() {
  sshd -T -C "user=$user,host=localhost,addr=127.0.0.1"
}

# %h, %u and %% (sshd_config(5), TOKENS), from left to right.
expand() {
  rest=$1 expanded=
  while [ -n "$rest" ]; do
    case $rest in
      %h*) expanded=$expanded$home rest=${rest#??} ;;
      %u*) expanded=$expanded$user rest=${rest#??} ;;
      %%*) expanded=$expanded% rest=${rest#??} ;;
      *)
        tail=${rest#?}
        expanded=$expanded${rest%"$tail"} rest=$tail
        ;;
    esac
  done
  printf '%s\n' "$expanded"
}

add_missing() {
  make_folder "$(dirname "$file")"
  missing=$(missing_keys "$keys" "$file")
  [ -n "$missing" ] || return 0
  add "$missing" "$file"
  echo "added $(printf '%s\n' "$missing" | wc -l | tr -d ' ') key(s) to $file"
}

# Every missing folder on the way. sshd's StrictModes wants them closed to writing by others.
make_folder() {
  [ ! -d "$1" ] || return 0
  make_folder "$(dirname "$1")"
  mkdir "$1" || refuse "$1 cannot be made"
  give "$1" "$folder_mode"
}

give() {
  [ -z "$owner" ] || chown "$owner" "$1" || refuse "$1 cannot be given to $user"
  chmod "$2" "$1" || refuse "the mode of $1 cannot be set"
}

# Lines of $1 whose key (type and blob, whatever the comment) is no line of $2.
missing_keys() {
  [ -f "$2" ] || set -- "$1" /dev/null
  while read -r type blob comment; do
    case $type in '' | '#'*) continue ;; esac
    awk -v type="$type" -v blob="$blob" \
      '$1 == type && $2 == blob { found = 1 } END { exit !found }' "$2" ||
      printf '%s\n' "$type $blob${comment:+ $comment}"
  done <"$1"
}

# Written beside and renamed, so that a power cut leaves the old file or the new one.
add() {
  new=$2.ironstep
  {
    # awk 1 ends the last line when nobody did.
    [ ! -f "$2" ] || awk 1 "$2"
    printf '%s\n' "$1"
  } >"$new" || refuse "$new cannot be written"
  give "$new" "$file_mode"
  sync "$new" 2>/dev/null || sync
  mv -f "$new" "$2" || refuse "$2 cannot be replaced"
}

main "$@"
