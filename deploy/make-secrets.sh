#!/bin/sh
# Makes the secrets of a team's docker-compose.yml, each one once: what is there stays as it is.
#   make-secrets.sh              all that is missing
#   make-secrets.sh token NAME   a token for one more person at the codec server; prints it
# Run it as root. Compose hands the files to containers with the owner and mode that they have here
# (docs.docker.com/reference/compose-file/services, secrets: uid, gid and mode are not implemented
# for files), so they belong to the user of the containers, and the folder to you.
set -eu

folder=${SECRETS_FOLDER:-$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/secrets}
# The user `node` of our image and `temporal` of Temporal's images.
owner=1000:1000

main() {
  umask 077
  [ "$(id -u)" = 0 ] || fail 'the files must belong to another user: run this as root'
  mkdir -p "$folder"
  case ${1:-} in
    '') make_all ;;
    token) add_token "${2:-}" ;;
    *) fail 'usage: make-secrets.sh [token NAME]' ;;
  esac
}

make_all() {
  # PostgreSQL reads it as another user, who is put into this group.
  make postgres_password 640 random_word
  # 32 bytes, from which the keys of all servers derive (src/secrets/master-secret.ts).
  make master.key 600 random_bytes
  # One line of base64 (src/codec/payload-key.ts).
  make payload.key 600 random_line
  make codec.tokens 600 echo '# One person a line: NAME TOKEN. A line that is gone shuts out at once.'
  make credentials.yaml 600 echo '# Accounts at providers; see docs/guide/teams.md.'
}

# NAME MODE COMMAND...: the file appears whole or not at all, and never replaces one. What is there
# gets its owner and mode back, which an editor may have changed.
make() {
  name=$1 mode=$2
  shift 2
  if [ -e "$folder/$name" ]; then
    give_away "$folder/$name"
    echo "kept  $name"
    return
  fi
  "$@" >"$folder/.$name.new"
  give_away "$folder/.$name.new"
  sync "$folder/.$name.new"
  mv "$folder/.$name.new" "$folder/$name"
  echo "made  $name"
}

give_away() {
  chown "$owner" "$1"
  chmod "$mode" "$1"
}

add_token() {
  case $1 in
    '' | *[!A-Za-z0-9_-]*) fail 'a name has letters, digits, _ and - only' ;;
  esac
  [ -e "$folder/codec.tokens" ] || make_all >/dev/null
  if grep -q "^$1 " "$folder/codec.tokens"; then
    fail "$1 has a token already, in $folder/codec.tokens"
  fi
  token=$(random_word)
  # At the end of the same file: a container keeps the file that it was started with, not the name.
  echo "$1 $token" >>"$folder/codec.tokens"
  echo "$token"
}

random_bytes() { head -c 32 /dev/urandom; }
random_line() { random_bytes | base64; }
random_word() { random_bytes | base64 | tr '+/' '-_' | tr -d '=\n'; }

fail() {
  echo "make-secrets.sh: $1" >&2
  exit 1
}

main "$@"
