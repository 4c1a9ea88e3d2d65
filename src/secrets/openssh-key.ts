import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';

/*
 * Why by hand and not by a library: Node writes PKCS8, which neither ssh2 nor OpenSSH reads for
 * ed25519, and ssh2's utils can only make random keys, while ours must come out the same on every
 * worker. The format is small and frozen: OpenSSH, PROTOCOL.key, "openssh-key-v1".
 */

/** An ed25519 key pair in OpenSSH's forms. `privateKey` is a PEM without a passphrase. */
export type KeyPair = { publicKey: string; privateKey: string; fingerprint: string };

const keyType = 'ssh-ed25519';

/** RFC 8410: the fixed PKCS8 frame around the 32 bytes of an ed25519 seed. */
const pkcs8Frame = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The key pair of a 32-byte seed. The same seed and comment give the same text, always. */
export function keyPairFromSeed(seed: Buffer, comment: string): KeyPair {
  const point = publicPoint(seed);
  const blob = Buffer.concat([field(keyType), field(point)]);
  return {
    publicKey: `${keyType} ${blob.toString('base64')} ${comment}`,
    privateKey: pem(container(blob, privateSection(seed, point, comment))),
    fingerprint: `SHA256:${sha256(blob).toString('base64').replace(/=+$/, '')}`,
  };
}

function publicPoint(seed: Buffer): Buffer {
  const privateKey = createPrivateKey({
    key: Buffer.concat([pkcs8Frame, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return spki.subarray(-32);
}

function container(publicBlob: Buffer, section: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from('openssh-key-v1\0', 'latin1'),
    field('none'), // cipher
    field('none'), // key derivation
    field(''), // its options
    uint32(1), // number of keys
    field(publicBlob),
    field(section),
  ]);
}

function privateSection(seed: Buffer, point: Buffer, comment: string): Buffer {
  // Twice the same number, by which a reader notices a wrong passphrase. OpenSSH takes a random
  // one; ours must be the same every time, and says nothing about the seed.
  const check = sha256(point).subarray(0, 4);
  const section = Buffer.concat([
    check,
    check,
    field(keyType),
    field(point),
    field(Buffer.concat([seed, point])),
    field(comment),
  ]);
  // Padded with 1, 2, 3, … to the cipher's block, which is 8 for "none".
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7]).subarray(0, (8 - (section.length % 8)) % 8);
  return Buffer.concat([section, padding]);
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,70}/g) ?? [];
  const label = 'OPENSSH PRIVATE KEY';
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** RFC 4251, "string": its length in 4 bytes, then the bytes. */
function field(value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
