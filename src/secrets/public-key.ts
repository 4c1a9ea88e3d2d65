/**
 * Are these two OpenSSH public key lines the same key? Comments and spaces do not count: a
 * provider may store a key without them.
 */
export function samePublicKey(a: string, b: string): boolean {
  return bare(a) === bare(b);
}

function bare(line: string): string {
  return line.trim().split(/\s+/).slice(0, 2).join(' ');
}
