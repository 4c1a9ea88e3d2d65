#!/bin/bash
# Builds the netbooted rescue system: build-rescue.sh RESCUE-TREE.tar.zst FOLDER
# FOLDER gets vmlinuz, rescue.initrd and rescue.squashfs. Run as root, real or of a user namespace.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=kernel-modules.sh
. "$here/kernel-modules.sh"

main() {
  local tree=$1 folder=$2 work
  work=$(mktemp -d "$folder/rescue.XXXXXX")
  mkdir "$work/full" "$work/root"
  tar -C "$work/full" --zstd --exclude='./dev/*' -xpf "$tree"
  cp "$work"/full/boot/vmlinuz-* "$folder/vmlinuz"
  make_initrd "$folder/rescue.initrd" "$work/full" "$here/rescue/init" \
    virtio_pci virtio_blk squashfs overlay loop
  mv "$work/full/usr/lib/modules" "$work/modules"
  mkdir -p "$work/kernel/usr/lib"
  mv "$work/modules" "$work/kernel/usr/lib/modules"
  ln -s usr/lib "$work/kernel/lib"
  local -a modules
  mapfile -t modules < <(wanted_modules "$here/modules.txt")
  copy_modules "$work/kernel" "$work/full" "${modules[@]}"
  make_rescue "$work/full"
  mksquashfs "$work/full" "$folder/rescue.squashfs" -comp zstd -Xcompression-level 9 \
    -noappend -quiet -no-progress
  rm -rf "$work"
}

make_rescue() {
  local root=$1 name
  rm -rf "${root:?}"/boot/* "$root"/usr/share/{perl*,initramfs-tools} "$root"/etc/ssh/ssh_host_*
  add_files "$here/rescue/root" "$root"
  for name in init reboot poweroff halt; do ln -sf /usr/bin/busybox "$root/usr/sbin/$name"; done
  ln -sf /proc/mounts "$root/etc/mtab"
  rm -f "$root/etc/hostname" "$root/etc/resolv.conf"
  echo 'nameserver 10.0.2.3' >"$root/etc/resolv.conf"
  sed -i -e 's/^PRETTY_NAME=.*/PRETTY_NAME="Debian GNU\/Linux 12 (bookworm) RESCUE"/' \
    -e "\$aVARIANT_ID=rescue" "$root/usr/lib/os-release"
}

main "$@"
