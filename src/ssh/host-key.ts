import { createHash } from 'node:crypto';
import ssh2 from 'ssh2';
import type { ServerHostKeyAlgorithm } from 'ssh2';
import { SshHostKeyMismatch } from './errors.ts';

/**
 * What may answer (invariant 8): one of these keys, as OpenSSH lines `ssh-ed25519 AAAA…`; or, for
 * the rescue system of a provider that does not tell its key, whatever answers first in this boot,
 * unless it is known to be another system.
 */
export type HostKeyPolicy =
  { kind: 'pinned'; keys: string[] } | { kind: 'first-use'; except?: string[] };

const algorithmsOfType = new Map<string, ServerHostKeyAlgorithm[]>([
  ['ssh-ed25519', ['ssh-ed25519']],
  ['ecdsa-sha2-nistp256', ['ecdsa-sha2-nistp256']],
  ['ecdsa-sha2-nistp384', ['ecdsa-sha2-nistp384']],
  ['ecdsa-sha2-nistp521', ['ecdsa-sha2-nistp521']],
  ['ssh-rsa', ['rsa-sha2-512', 'rsa-sha2-256']],
]);

/** `SHA256:…` as `ssh-keygen -l` shows it, of an OpenSSH line (private or public). */
export function keyFingerprint(line: string): string {
  return fingerprint(keyBytes(line));
}

/** Checks the keys that a server offers during one connection, rekeying included. */
export class HostKeyCheck {
  readonly #where: string;
  readonly #pinned: { type: string; bytes: Buffer }[] | null;
  readonly #excepted: Buffer[];
  #offered: Buffer | null = null;
  #mismatch: SshHostKeyMismatch | null = null;

  /** Throws when a pinned line is no public key, or when there is none to pin. */
  constructor(where: string, policy: HostKeyPolicy) {
    this.#where = where;
    this.#pinned = policy.kind === 'first-use' ? null : policy.keys.map(pinnedKey);
    this.#excepted = policy.kind === 'first-use' ? (policy.except ?? []).map(keyBytes) : [];
    if (this.#pinned?.length === 0) throw new RangeError(`${where}: no host key to pin`);
  }

  /** Only what we pinned may be negotiated, so that a server with several keys offers that one. */
  get algorithms(): ServerHostKeyAlgorithm[] {
    const types = this.#pinned?.map((key) => key.type) ?? [...algorithmsOfType.keys()];
    return [...new Set(types.flatMap((type) => algorithmsOfType.get(type) ?? []))];
  }

  /** Said by the key exchange. A rekey must show the key that was accepted before. */
  accepts(bytes: Buffer): boolean {
    if (this.#excepted.some((key) => key.equals(bytes))) {
      this.#mismatch = this.#refuse([], fingerprint(bytes));
      return false;
    }
    const expected = this.#offered ? [this.#offered] : this.#pinned?.map((key) => key.bytes);
    if (expected && !expected.some((key) => key.equals(bytes))) {
      this.#mismatch = this.#refuse(expected, fingerprint(bytes));
      return false;
    }
    this.#offered = Buffer.from(bytes);
    return true;
  }

  /** Why the handshake failed, when it was for the host key. */
  mismatch(handshakeError: Error | null): SshHostKeyMismatch | null {
    if (this.#mismatch || !this.#pinned) return this.#mismatch;
    if (!handshakeError?.message.includes('no matching host key format')) return null;
    return this.#refuse(
      this.#pinned.map((key) => key.bytes),
      null,
    );
  }

  /** The accepted key as an OpenSSH line; empty before the handshake. */
  get line(): string {
    if (!this.#offered) return '';
    const typeLength = this.#offered.readUInt32BE(0);
    const type = this.#offered.subarray(4, 4 + typeLength).toString('ascii');
    return `${type} ${this.#offered.toString('base64')}`;
  }

  #refuse(expected: Buffer[], offered: string | null): SshHostKeyMismatch {
    return new SshHostKeyMismatch(this.#where, expected.map(fingerprint), offered);
  }
}

function pinnedKey(line: string): { type: string; bytes: Buffer } {
  const type = line.trim().split(/\s+/)[0] ?? '';
  if (!algorithmsOfType.has(type)) throw new RangeError(`cannot pin a host key of type '${type}'`);
  return { type, bytes: keyBytes(line) };
}

function keyBytes(line: string): Buffer {
  const key = ssh2.utils.parseKey(line);
  if (key instanceof Error) throw new RangeError(`not an SSH key: ${key.message}`);
  return key.getPublicSSH();
}

function fingerprint(bytes: Buffer): string {
  return `SHA256:${createHash('sha256').update(bytes).digest('base64').replace(/=+$/, '')}`;
}
