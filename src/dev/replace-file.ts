import { rename, writeFile } from 'node:fs/promises';

/** Writes a file of which readers see the old or the new content, never a part. */
export async function replaceFile(path: string, content: string): Promise<void> {
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, content, { mode: 0o600 });
  await rename(draft, path);
}
