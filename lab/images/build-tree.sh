#!/bin/bash
# Builds a Debian 12 tree from a package list: build-tree.sh MODE PACKAGES.txt TREE.tar.zst
# MODE is mmdebstrap's (root or unshare). The mirror is the one of the host's own apt.
set -euo pipefail

main() {
  local mode=$1 list=$2 tree=$3 packages path
  packages=$(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$list" | paste -sd, -)
  local -a exclude=()
  for path in man doc info locale i18n zoneinfo lintian bash-completion zsh; do
    exclude+=(--dpkgopt="path-exclude=/usr/share/$path/*")
  done
  # INITRD=No: initramfs-tools (a dependency of the kernel) builds none; ours are made by hand.
  # unsafe-io: a tree whose build died is thrown away.
  # shellcheck disable=SC2016 # $1 is for mmdebstrap's own shell
  INITRD=No mmdebstrap --quiet --mode="$mode" --variant=essential --include="$packages" \
    "${exclude[@]}" --dpkgopt=force-unsafe-io --aptopt='APT::Install-Recommends "false"' \
    --customize-hook='cd "$1" && rm -rf var/lib/apt/lists/* var/cache/apt/* var/cache/debconf/*' \
    --customize-hook='cd "$1" && rm -rf var/lib/dpkg/info usr/lib/udev/hwdb.* boot/initrd*' \
    bookworm "$tree"
}

main "$@"
