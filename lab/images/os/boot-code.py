#!/usr/bin/python3
"""Puts GRUB's BIOS code into an image without mounting it: boot-code.py IMAGE CORE FIRST_SECTOR

What grub-bios-setup does: boot.img into sector 0 around the table, core.img into BIOS-BOOT, and in
each the sector where the next piece lies.
"""

import struct
import sys


def main():
    image, core_file, first = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with open('/usr/lib/grub/i386-pc/boot.img', 'rb') as file:
        boot = bytearray(file.read())
    with open(core_file, 'rb') as file:
        core = bytearray(file.read())
    sectors = (len(core) + 511) // 512
    struct.pack_into('<Q', boot, 0x5C, first)  # where core.img begins
    boot[0x66:0x68] = b'\x90\x90'  # a hard disk: no check of the boot drive
    # First block list of core.img: the rest of it, loaded at 0x8200.
    struct.pack_into('<QHH', core, 0x1F4, first + 1, sectors - 1, 0x820)
    with open(image, 'r+b') as file:
        table = file.read(512)
        boot[440:512] = table[440:512]
        file.seek(0)
        file.write(boot[:512])
        file.seek(first * 512)
        file.write(core)


main()
