import { createHash } from 'node:crypto';

import { createMessage, readCleartextMessage, readKeys, readSignature, verify } from 'openpgp';
import type { PublicKey, Signature, VerifyMessageResult } from 'openpgp';

import { SignatureRefused } from './release-errors.ts';

/** A public key whose primary fingerprint is the one that was asked for. */
export type TrustedKey = { key: PublicKey; fingerprint: string };

const asciiArmor = '-----BEGIN PGP';

/**
 * The key with this primary fingerprint out of the bytes of a key file, armoured or binary. What
 * else the file holds is not trusted. Throws SignatureRefused when it is not in there.
 */
export async function trustedKey(of: {
  bytes: Uint8Array;
  where: string;
  fingerprint: string;
}): Promise<TrustedKey> {
  const fingerprint = of.fingerprint.replaceAll(' ', '').toUpperCase();
  let keys: PublicKey[];
  try {
    const text = Buffer.from(of.bytes).toString('latin1');
    keys = await (text.includes(asciiArmor)
      ? readKeys({ armoredKeys: text })
      : readKeys({ binaryKeys: of.bytes }));
  } catch (cause) {
    throw new SignatureRefused(`${of.where} is not an OpenPGP public key.`, { cause });
  }
  const key = keys.find((each) => each.getFingerprint().toUpperCase() === fingerprint);
  if (key !== undefined) return { key, fingerprint };
  const found = keys.map((each) => each.getFingerprint().toUpperCase()).join(', ');
  throw new SignatureRefused(
    `${of.where} holds the key ${found || 'of nobody'}; expected ${fingerprint}. ` +
      `If you trust that key, say so with image.signedBy. Nothing was changed.`,
  );
}

/** The text that the key signed in a clear-signed file. Throws SignatureRefused. */
export async function clearSignedText(of: {
  bytes: Uint8Array;
  where: string;
  trusted: TrustedKey;
}): Promise<string> {
  let result: VerifyMessageResult<string>;
  try {
    const cleartextMessage = Buffer.from(of.bytes).toString('utf8');
    const message = await readCleartextMessage({ cleartextMessage });
    result = await verify({ message, verificationKeys: of.trusted.key });
  } catch (cause) {
    throw new SignatureRefused(`${of.where} is not a clear-signed file.`, { cause });
  }
  await requireSignature(result.signatures, of);
  // What openpgp hands back is what was hashed; text around the signed part is not in it.
  return result.data;
}

/**
 * SHA-512 and size of a stream whose detached signature is good. The stream is read once, in
 * pieces: memory does not grow with it. Throws SignatureRefused, or what the stream throws.
 */
export async function verifiedStream(of: {
  stream: AsyncIterable<Uint8Array>;
  signature: Uint8Array;
  where: string;
  trusted: TrustedKey;
}): Promise<{ sha512: string; bytes: number }> {
  const signature = await detachedSignature(of.signature, of.where);
  const hash = createHash('sha512');
  let bytes = 0;
  let broken: unknown;
  async function* measured(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of of.stream) {
        hash.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    } catch (error) {
      broken = error;
      throw error;
    }
  }
  const message = await createMessage({ binary: ReadableStream.from(measured()) });
  const result = await verify({
    message,
    signature,
    verificationKeys: of.trusted.key,
    format: 'binary',
  });
  // By getReader: the library replaces that method of the stream, and not the async iterator.
  const reader = (result.data as ReadableStream<Uint8Array>).getReader();
  try {
    while (!(await reader.read()).done);
  } catch (error) {
    throw broken ?? error;
  }
  await requireSignature(result.signatures, of);
  return { sha512: hash.digest('hex'), bytes };
}

async function detachedSignature(bytes: Uint8Array, where: string): Promise<Signature> {
  try {
    const text = Buffer.from(bytes).toString('latin1');
    return await (text.includes(asciiArmor)
      ? readSignature({ armoredSignature: text })
      : readSignature({ binarySignature: bytes }));
  } catch (cause) {
    throw new SignatureRefused(`The signature of ${where} cannot be read.`, { cause });
  }
}

/**
 * One good signature by the trusted key or by a subkey that it binds is enough. The library checks
 * the subkey's validity at the date of the signature; a key that has expired since is refused as
 * well, because who finds an old key can write an old date.
 */
async function requireSignature(
  signatures: VerifyMessageResult['signatures'],
  of: { where: string; trusted: TrustedKey },
): Promise<void> {
  const reasons: string[] = [];
  for (const { keyID, verified } of signatures) {
    try {
      await verified;
      await of.trusted.key.getSigningKey(keyID, new Date());
      return;
    } catch (error) {
      reasons.push(`signed by key ${keyID.toHex().toUpperCase()}: ${(error as Error).message}`);
    }
  }
  throw new SignatureRefused(
    `${of.where} is not validly signed by ${of.trusted.fingerprint}. ` +
      `Found: ${reasons.join('; ') || 'no signature'}. Nothing was changed.`,
  );
}
