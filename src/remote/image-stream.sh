#!/bin/sh
# shellcheck disable=SC2034,SC2154 # variables are shared with the script that sources this
# Sourced: the compressed image, from RAM or from its server. Needs host.sh; the script calls
# which_image first.

stage_dir=$run_dir/stage

# which_image URL SHA512 COMPRESSED_BYTES COMPRESSION
which_image() {
  image_url=$1 image_sha512=$2 image_bytes_compressed=$3 image_compression=$4
  case $image_sha512 in
    '' | *[!0-9a-f]*) refuse 'the sha512 of the image must be lower-case hex.' ;;
  esac
}

staged_image() { printf '%s\n' "$stage_dir/$image_sha512.verified"; }

decompress() {
  case $image_compression in
    zst) zstd -dcq ;;
    bz2) if command -v lbzip2 >/dev/null 2>&1; then lbzip2 -dc; else bzip2 -dc; fi ;;
    *) refuse "no way to decompress $image_compression." ;;
  esac
}

require_decompressor() {
  case $image_compression in
    zst) require_tools zstd ;;
    bz2) command -v lbzip2 >/dev/null 2>&1 || require_tools bzip2 ;;
    *) refuse "an image compressed with '$image_compression' cannot be read." ;;
  esac
}

# download FROM FILE: from a byte on, to a file or to - (stdout). Fails on an HTTP error and when
# nothing comes for a minute.
download() {
  curl --fail --silent --show-error --location --proto '=http,https' --connect-timeout 20 \
    --speed-limit 1 --speed-time 60 --continue-at "$1" --output "$2" \
    --max-filesize "$image_bytes_compressed" "$image_url"
}

compressed_stream() {
  if [ -f "$(staged_image)" ]; then cat "$(staged_image)"; else download 0 -; fi
}
