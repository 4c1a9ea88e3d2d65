/**
 * The SHA-512 of exactly this file in the text of a DIGESTS file, lower-case hex, or null. The
 * format (flatcar/scripts, ci_automation_common.sh, create_digests): `# SHA512 HASH`, then lines
 * `HEX  NAME`. Give it signed text only.
 */
export function sha512Of(fileName: string, digests: string): string | null {
  let algorithm = '';
  const found = new Set<string>();
  for (const line of digests.split(/\r?\n/)) {
    const heading = /^#\s*(\S+)\s+HASH\s*$/.exec(line);
    if (heading !== null) algorithm = heading[1] ?? '';
    const entry = /^([0-9a-fA-F]{128})\s+\*?(.+?)\s*$/.exec(line);
    if (algorithm === 'SHA512' && entry?.[2] === fileName) {
      found.add((entry[1] ?? '').toLowerCase());
    }
  }
  const [only] = found;
  return found.size === 1 ? (only ?? null) : null;
}

/** The names of the files in it, for a message. */
export function fileNames(digests: string): string[] {
  const names = digests.matchAll(/^[0-9a-fA-F]{32,128}\s+\*?(.+?)\s*$/gm);
  return [...new Set([...names].map((match) => match[1] ?? ''))];
}
