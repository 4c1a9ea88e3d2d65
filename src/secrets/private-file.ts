import { open } from 'node:fs/promises';

/**
 * A file with secrets can be read by others. Its owner must tighten it.
 *
 * @where command line, worker, any phase
 * @changed Nothing was read from it.
 * @remedy Close the file with the command in the message. If others could read it for long, make a
 *   new secret.
 * @example
 * /home/me/.config/ironstep/credentials.yaml holds secrets, but others may open it (mode 644). \
 * Close it: chmod 600 /home/me/.config/ironstep/credentials.yaml
 */
export class FileTooOpen extends Error {
  override name = 'FileTooOpen';
}

/**
 * Reads a file that only its owner may read. Throws FileTooOpen when group or others have any
 * right to it, and the file system's own error when it cannot be read.
 */
export async function readPrivateFile(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { mode } = await file.stat();
    if ((mode & 0o077) !== 0) {
      throw new FileTooOpen(
        `${path} holds secrets, but others may open it (mode ${(mode & 0o777).toString(8)}). ` +
          `Close it: chmod 600 ${path}`,
      );
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}
