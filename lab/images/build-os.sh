#!/bin/bash
# Builds the OS image: build-os.sh OS-TREE.tar.zst RESCUE-TREE.tar.zst VERSION IMAGE
# The kernel and its modules come from the rescue tree. No loop devices; run as root, real or of a
# user namespace.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=kernel-modules.sh
. "$here/kernel-modules.sh"

# Container Linux's numbers, names and type GUIDs (flatcar/scripts: disk_layout.json), smaller.
# Only p9 is of a size that matters: it must hold ROOT and stay the last one.
table=(
  --set-alignment=2048
  --new=1:4096:+64M --typecode=1:c12a7328-f81f-11d2-ba4b-00a0c93ec93b --change-name=1:EFI-SYSTEM
  --new=2:0:+2M --typecode=2:21686148-6449-6e6f-744e-656564454649 --change-name=2:BIOS-BOOT
  --new=3:0:+96M --typecode=3:5dfbf5f4-2848-4bac-aa5e-0d9a20b745a6 --change-name=3:USR-A
  --partition-guid=3:7130c94a-213a-4e5a-8e26-6cce9662f132
  --attributes=3:set:48 --attributes=3:set:56
  --new=4:0:+96M --typecode=4:5dfbf5f4-2848-4bac-aa5e-0d9a20b745a6 --change-name=4:USR-B
  --partition-guid=4:e03dd35c-7c2d-4a47-b3fe-27f15780a57c
  --new=6:0:+32M --typecode=6:0fc63daf-8483-4772-8e79-3d69d8477de4 --change-name=6:OEM
  --new=7:0:+8M --typecode=7:c95dc21a-df0e-4340-8d7b-26cbfa9a03e0 --change-name=7:OEM-CONFIG
  --new=9:0:-2M --typecode=9:3884dd41-8582-4404-b9a8-e9b84f2df50e --change-name=9:ROOT
  --disk-guid=00000000-0000-0000-0000-000000000001
)
image_size=640M

# Few inodes: checking and shrinking 2 TB takes seconds and not minutes (facts/lab.md). The
# resize limit is in blocks: 4 TiB.
root_options=(-b 4096 -i 4194304 -N 8192 -G 256 -I 256 -J size=16 -E resize=1073741824)

main() {
  local tree=$1 rescue_tree=$2 version=$3 image=$4
  work=$(mktemp -d "${image%/*}/os.XXXXXX")
  mkdir "$work/root" "$work/kernel"
  tar -C "$work/root" --zstd --exclude='./dev/*' -xpf "$tree"
  tar -C "$work/kernel" --zstd -xpf "$rescue_tree" ./boot ./usr/lib/modules ./usr/bin/busybox ./lib
  add_modules
  make_initrd "$work/initrd" "$work/kernel" "$here/os/init" \
    virtio_pci virtio_blk virtio_scsi sd_mod squashfs
  make_usr "$version"
  make_etc
  make_image "$image"
  rm -rf "$work"
}

add_modules() {
  local -a modules
  mapfile -t modules < <(wanted_modules "$here/modules.txt")
  copy_modules "$work/kernel" "$work/root" "${modules[@]}"
}

# /usr: what is not needed goes, our own files come, and units are enabled here as in an image
# whose /usr is read-only. /etc enables nothing: there a config's presets decide.
make_usr() {
  local root=$work/root name units=$work/root/usr/lib/systemd/system
  install -m 755 "$root/usr/lib/dracut/modules.d/30ignition/ignition" "$root/usr/bin/ignition"
  rm -rf "$root"/usr/lib/dracut "$root"/usr/share/{perl*,initramfs-tools,common-licenses,gcc,perl5} \
    "$root"/usr/lib/x86_64-linux-gnu/{perl*,gconv} "$root"/usr/bin/perl* \
    "$root"/usr/lib/systemd/system-preset/* \
    "$root"/usr/lib/systemd/system-generators/systemd-{getty,cryptsetup,veritysetup,integritysetup,gpt-auto,hibernate-resume,rc-local,sysv}* \
    "$units"/ssh{.service,.socket,@.service} "$units"/dbus-org.freedesktop.login1.service
  for name in systemd-{firstboot,repart,binfmt,pcrphase,pcrphase-sysinit,update-utmp,sysusers}.service \
    proc-sys-fs-binfmt_misc.automount {crypt,verity,integrity}setup.target dev-hugepages.mount \
    dev-mqueue.mount sys-kernel-{config,debug,tracing}.mount sys-fs-fuse-connections.mount \
    systemd-ask-password-{console,wall}.path systemd-logind.service getty.target \
    systemd-update-utmp-runlevel.service systemd-initctl.socket; do
    rm -f "$units"/*.wants/"$name"
  done
  add_files "$here/os/root" "$root"
  enable_units multi-user.target extend-filesystems.service user-cloudinit.service \
    update-engine.service locksmithd.service systemd-networkd.service
  enable_units sockets.target sshd.socket systemd-networkd.socket
  enable_units sysinit.target sshd-keygen.service
  enable_units local-fs.target oem.mount
  enable_units network-online.target systemd-networkd-wait-online.service
  ln -sf multi-user.target "$units/default.target"
  # Stand-in for SELinux, without which Debian's Ignition fails ("handle relabeling").
  ln -sf ../bin/true "$root/usr/sbin/setfiles"
  cat >"$root/usr/lib/os-release" <<EOF
NAME="Flatcar stand-in of ironstep's lab"
ID=flatcar
VERSION=$1
VERSION_ID=$1
VARIANT_ID=ironstep-lab
PRETTY_NAME="ironstep lab stand-in for Flatcar $1 (Debian 12 inside)"
EOF
}

# enable_units TARGET UNIT...
enable_units() {
  local wants=$work/root/usr/lib/systemd/system/$1.wants unit
  shift
  mkdir -p "$wants"
  for unit in "$@"; do ln -sf "../$unit" "$wants/$unit"; done
}

# What becomes ROOT: /etc, /var, and the user core.
make_etc() {
  local root=$work/root
  rm -rf "$root"/etc/{systemd/system,hostname,machine-id,resolv.conf,cron.*,init.d,rc*.d,dpkg,apt,perl} \
    "$root"/etc/ssh/ssh_host_* "$root"/var/lib/{dpkg,apt} "$root"/var/cache/* "$root"/var/log/* \
    "${root:?}"/boot/*
  mkdir -p "$root"/etc/systemd/system "$root"/var/log/journal "$root/oem" \
    "$root"/etc/selinux/targeted/contexts/files
  printf 'SELINUX=disabled\nSELINUXTYPE=targeted\n' >"$root/etc/selinux/config"
  : >"$root/etc/selinux/targeted/contexts/files/file_contexts"
  : >"$root/etc/fstab"
  echo 'nameserver 10.0.2.3' >"$root/etc/resolv.conf"
  printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
  ln -sf /proc/self/mounts "$root/etc/mtab"
  chmod 440 "$root/etc/sudoers.d/groups"
  # As Container Linux has them. The password is not "!": sshd without PAM refuses locked users.
  printf 'core:x:500:\nwheel:x:10:core\ndocker:x:233:core\n' >>"$root/etc/group"
  sed -i 's/^sudo:x:27:$/sudo:x:27:core/; s/^systemd-journal:\(.*\):$/systemd-journal:\1:core/' \
    "$root/etc/group"
  printf 'core:!::\nwheel:!::core\ndocker:!::core\n' >>"$root/etc/gshadow"
  sed -i 's/^\(sudo\|systemd-journal\):\([^:]*\)::$/\1:\2::core/' "$root/etc/gshadow"
  echo 'core:x:500:500:CoreOS Admin:/home/core:/bin/bash' >>"$root/etc/passwd"
  echo 'core:*:19000:0:99999:7:::' >>"$root/etc/shadow"
  cp -r "$root/etc/skel" "$root/home/core"
  chown -R 500:500 "$root/home/core"
  chmod 755 "$root/home/core"
}

# --- the image ------------------------------------------------------------------------------

first_sector() { sgdisk --info="$1" "$2" | awk '/^First sector/ { print $3 }'; }
sectors() { sgdisk --info="$1" "$2" | awk '/^Partition size/ { print $3 }'; }

# new_partition NUMBER IMAGE: an empty file of the partition's size; prints its name.
new_partition() {
  truncate -s $(($(sectors "$1" "$2") * 512)) "$work/p$1"
  echo "$work/p$1"
}

# put NUMBER IMAGE: the partition's file into the image.
put() {
  dd if="$work/p$1" of="$2" bs=1M seek=$(($(first_sector "$1" "$2") * 512)) oflag=seek_bytes \
    conv=notrunc,sparse status=none
}

make_image() {
  local image=$1
  rm -f "$image"
  truncate -s "$image_size" "$image"
  sgdisk "${table[@]}" "$image" >/dev/null
  make_esp "$image"
  make_bios_boot "$image"
  mksquashfs "$work/root/usr" "$work/p3" -comp zstd -Xcompression-level 9 -noappend -quiet \
    -no-progress
  [ "$(stat -c %s "$work/p3")" -le $(($(sectors 3 "$image") * 512)) ] ||
    { echo '/usr does not fit into USR-A' >&2; exit 1; }
  put 3 "$image"
  mkdir "$work/oem"
  mke2fs -q -t ext4 -L OEM -d "$work/oem" "$(new_partition 6 "$image")"
  put 6 "$image"
  rm -rf "$work/root/usr"
  mkdir -p "$work"/root/{usr,dev,proc,sys,run}
  mke2fs -q -t ext4 -L ROOT "${root_options[@]}" -d "$work/root" "$(new_partition 9 "$image")"
  put 9 "$image"
}

# EFI-SYSTEM: GRUB for UEFI, its config for both firmwares, kernel, initrd, the first-boot flag.
make_esp() {
  local esp
  esp=$(new_partition 1 "$1")
  mkfs.vfat -F 32 -n EFI-SYSTEM "$esp" >/dev/null
  grub-mkimage --format=x86_64-efi --prefix=/boot/grub --output="$work/bootx64.efi" \
    part_gpt fat normal linux test echo
  mmd -i "$esp" ::/flatcar ::/boot ::/boot/grub ::/EFI ::/EFI/BOOT
  mcopy -i "$esp" "$work"/kernel/boot/vmlinuz-* ::/flatcar/vmlinuz-a
  mcopy -i "$esp" "$work/initrd" ::/flatcar/initrd-a
  mcopy -i "$esp" "$here/os/grub.cfg" ::/boot/grub/grub.cfg
  mcopy -i "$esp" "$work/bootx64.efi" ::/EFI/BOOT/BOOTX64.EFI
  : >"$work/first_boot"
  mcopy -i "$esp" "$work/first_boot" ::/flatcar/first_boot
  put 1 "$1"
}

# BIOS-BOOT: the prefix without a disk means the disk that the BIOS has booted from.
make_bios_boot() {
  grub-mkimage --format=i386-pc --prefix='(,gpt1)/boot/grub' --output="$work/core.img" \
    biosdisk part_gpt fat normal linux test echo
  python3 "$here/os/boot-code.py" "$1" "$work/core.img" "$(first_sector 2 "$1")"
}

main "$@"
