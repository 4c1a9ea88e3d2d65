/** Why a file that a person named cannot be read, in words. */
export function cannotRead(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return plainCauses[code] ?? `cannot be read (${(error as Error).message})`;
}

const plainCauses: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'this file may not be read by you',
  EISDIR: 'this is a folder, not a file',
};
