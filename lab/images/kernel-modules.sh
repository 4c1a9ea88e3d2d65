# shellcheck shell=bash
# Sourced: picks kernel modules out of a Debian tree. Needs no chroot.

kernel_version() { basename "$1"/usr/lib/modules/*; }

# module_paths TREE NAME...: their files and those they depend on, in loading order, from /.
module_paths() {
  local tree=$1 version name
  version=$(kernel_version "$tree")
  shift
  for name in "$@"; do
    # A built-in module has no file, and that is fine; a module that nobody knows is not.
    modprobe --dirname "$tree" --set-version "$version" --show-depends "$name" ||
      echo "unknown $name"
  done | awk -v tree="$tree" '
    $1 == "unknown" { print "no kernel module " $2 >"/dev/stderr"; exit 1 }
    $1 == "insmod" && !seen[$2]++ { sub("^" tree, "", $2); print $2 }'
}

# copy_modules FROM TO NAME...: into another tree, with what modprobe and udev need.
copy_modules() {
  local from=$1 to=$2 version path
  version=$(kernel_version "$from")
  shift 2
  rm -rf "$to/usr/lib/modules"
  mkdir -p "$to/usr/lib/modules/$version"
  cp "$from/usr/lib/modules/$version"/modules.{builtin,builtin.modinfo,order} \
    "$to/usr/lib/modules/$version/"
  module_paths "$from" "$@" | while read -r path; do
    install -D -m 644 "$from$path" "$to/usr/${path#/}"
  done
  depmod --basedir "$to" "$version"
}

# make_initrd FILE TREE INIT NAME...: busybox, this /init, and modules that it loads in order.
make_initrd() {
  local file=$1 tree=$2 init=$3 folder path
  shift 3
  folder=$(mktemp -d "${file%/*}/initrd.XXXXXX")
  mkdir -p "$folder"/{bin,sbin,dev,proc,sys,new,modules}
  install "$tree/usr/bin/busybox" "$folder/bin/busybox"
  install "$init" "$folder/init"
  module_paths "$tree" "$@" | while read -r path; do
    cp "$tree$path" "$folder/modules/"
    basename "$path" >>"$folder/modules/order"
  done
  (cd "$folder" && find . | LC_ALL=C sort | cpio --quiet --create --format=newc --owner=0:0) >"$file"
  rm -rf "$folder"
}

# wanted_modules FILE: names in a list with # comments.
wanted_modules() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$1"; }

# add_files FOLDER TREE: our own files, owned by root whoever has checked them out.
add_files() {
  tar -C "$1" --owner=0 --group=0 --mode='u+rw,go-w' -cf - . | tar -C "$2" -xpf - --no-overwrite-dir
}
