import { createCleartextMessage, createMessage, generateKey, readPrivateKey, sign } from 'openpgp';

/** Signs releases of the lab. Its private key lives in this process only. */
export type Signer = {
  /** Fingerprint of the primary key, upper-case hex: what a spec or a mirror pins. */
  fingerprint: string;
  /** The public key, armored, with its subkeys. */
  publicKey: string;
  /** A detached binary signature, as `gpg --detach-sign` makes it. */
  detached: (content: Uint8Array) => Promise<Uint8Array>;
  /** The text with its signature around it, as `gpg --clearsign` makes it. */
  clearSigned: (text: string) => Promise<string>;
};

/**
 * A new key of the shape of Flatcar's: a primary key, and a subkey that signs. Whoever verifies
 * must follow the primary's binding signature.
 */
export async function makeSigner(): Promise<Signer> {
  const generated = await generateKey({
    type: 'ecc',
    curve: 'ed25519Legacy',
    userIDs: [{ name: "ironstep's lab", email: 'lab@ironstep.invalid' }],
    subkeys: [{ sign: true }],
    format: 'armored',
  });
  const key = await readPrivateKey({ armoredKey: generated.privateKey });
  return {
    fingerprint: key.getFingerprint().toUpperCase(),
    publicKey: generated.publicKey,
    detached: async (binary) =>
      sign({
        message: await createMessage({ binary }),
        signingKeys: key,
        detached: true,
        format: 'binary',
      }),
    clearSigned: async (text) =>
      sign({ message: await createCleartextMessage({ text }), signingKeys: key }),
  };
}
