import { hkdfSync } from 'node:crypto';

import type { KeyPurpose } from '../run/plan.ts';
import { rememberSecret } from './known-secrets.ts';
import { keyPairFromSeed } from './openssh-key.ts';
import type { KeyPair } from './openssh-key.ts';
import type { Secret } from './secret.ts';

export type { KeyPair } from './openssh-key.ts';

/**
 * The key pair of one server and purpose, the same on every worker that has the same master
 * secret. `server` is provider and service, e.g. `ovh/ns3012345.ip-5-39-80.eu`.
 */
export function deriveKeyPair(of: {
  master: Secret;
  server: string;
  purpose: KeyPurpose;
}): KeyPair {
  const seed = derive(of.master, `ssh-ed25519\n${of.server}\n${of.purpose}`);
  const service = of.server.slice(of.server.indexOf('/') + 1);
  const pair = keyPairFromSeed(seed, `ironstep-${of.purpose}@${service}`);
  rememberSecret(pair.privateKey);
  return pair;
}

/** A key for message authentication, apart from every SSH key of the same master secret. */
export function deriveMacKey(master: Secret, purpose: 'receipt'): Buffer {
  return derive(master, `hmac-sha256\n${purpose}`);
}

/** HKDF-SHA256 (RFC 5869): 32 bytes that tell nothing about the master or each other. */
function derive(master: Secret, info: string): Buffer {
  const input = Buffer.from(master.reveal(), 'base64');
  const key = Buffer.from(hkdfSync('sha256', input, 'ironstep/1', info, 32));
  rememberSecret(key);
  return key;
}
