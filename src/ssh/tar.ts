const blockBytes = 512;

/**
 * A ustar archive (POSIX.1-1988) of small text files, mode 0600: the one framing for several
 * files on one stdin that GNU tar and busybox both read. No times or owners: equal files give
 * equal bytes.
 *
 * @throws RangeError for a name that is more than a plain file name.
 */
export function tarOf(files: Record<string, string>): Buffer {
  const entries = Object.entries(files).flatMap(([name, text]) => {
    const bytes = Buffer.from(text);
    const padding = Buffer.alloc((blockBytes - (bytes.length % blockBytes)) % blockBytes);
    return [header(name, bytes.length), bytes, padding];
  });
  return Buffer.concat([...entries, Buffer.alloc(2 * blockBytes)]);
}

function header(name: string, sizeBytes: number): Buffer {
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,98}$/.test(name)) {
    throw new RangeError(`'${name}' is not a plain file name`);
  }
  const block = Buffer.alloc(blockBytes);
  block.write(name, 0);
  block.write('0000600\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  block.write(`${octal(sizeBytes)}\0`, 124);
  block.write(`${octal(0)}\0`, 136);
  block.write('        ', 148);
  block.write('0', 156);
  block.write('ustar\0' + '00', 257);
  const checksum = block.reduce((sum, byte) => sum + byte, 0);
  block.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function octal(value: number): string {
  return value.toString(8).padStart(11, '0');
}
