import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

import { createCleartextMessage, createMessage, generateKey, reformatKey, sign } from 'openpgp';
import type { PrivateKey } from 'openpgp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { ImageSpec } from '../../spec/server-spec.ts';
import { resolveRelease } from './release.ts';

type Files = Record<string, Uint8Array | string | { status: number } | { cutTo: number }>;

const folder = '/stable/amd64-usr/4593.2.4';
const zst = `${folder}/flatcar_production_image.bin.zst`;
const bz2 = `${folder}/flatcar_production_image.bin.bz2`;
const image = randomBytes(200_000);
const imageSha512 = createHash('sha512').update(image).digest('hex');

let server: Server;
let base: string;
let files: Files;
let requests: string[];
let key: PrivateKey;
let subkey: PrivateKey;
let otherKey: PrivateKey;

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.push(`${request.method} ${path}`);
    const file = files[path];
    if (file === undefined) return void response.writeHead(404).end();
    if (typeof file === 'object' && 'status' in file) {
      return void response.writeHead(file.status).end('oops');
    }
    if (typeof file === 'object' && 'cutTo' in file) {
      response.writeHead(200, { 'content-length': image.length });
      response.write(image.subarray(0, file.cutTo), () => response.destroy());
      return;
    }
    response.writeHead(200, { 'content-length': Buffer.byteLength(file) });
    response.end(request.method === 'HEAD' ? undefined : file);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  [key, subkey, otherKey] = await Promise.all([newKey(), newKey(true), newKey()]);
});

afterAll(() => server.close());

beforeEach(async () => {
  requests = [];
  files = await release(key);
});

async function newKey(signingSubkey = false): Promise<PrivateKey> {
  const { privateKey } = await generateKey({
    userIDs: [{ name: 'test releases' }],
    type: 'curve25519',
    format: 'object',
    subkeys: signingSubkey ? [{ sign: true }] : [],
  });
  return privateKey;
}

/** A release with a signed digest list, signed by `signer` and announced with `publicKey`. */
async function release(signer: PrivateKey, listed = digests(zst)): Promise<Files> {
  return {
    '/stable/amd64-usr/current/version.txt': 'FLATCAR_BUILD=4593\nFLATCAR_VERSION=4593.2.4\n',
    [`${folder}/version.txt`]: 'FLATCAR_VERSION=4593.2.4\n',
    '/key.asc': signer.toPublic().armor(),
    [zst]: image,
    [`${zst}.DIGESTS.asc`]: await clearSigned(listed, signer),
  };
}

function digests(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const sha1 = createHash('sha1').update(image).digest('hex');
  return `# SHA1 HASH\n${sha1}  ${name}\n# SHA512 HASH\n${imageSha512}  ${name}\n`;
}

async function clearSigned(text: string, signer: PrivateKey, date = new Date()): Promise<string> {
  return sign({ message: await createCleartextMessage({ text }), signingKeys: signer, date });
}

async function detached(bytes: Uint8Array, signer: PrivateKey): Promise<Uint8Array> {
  const message = await createMessage({ binary: bytes });
  return sign({ message, signingKeys: signer, detached: true, format: 'binary' });
}

function resolve(asked: Partial<ImageSpec> = {}, signedBy = key.getFingerprint()) {
  return resolveRelease(
    { os: 'flatcar', channel: 'stable', mirror: 'lab', ...asked },
    { lab: { url: `${base}/{channel}`, signedBy, key: `${base}/key.asc` } },
  );
}

describe('a release with a signed digest list', () => {
  it('is taken without reading the image', async () => {
    expect(await resolve()).toEqual({
      os: 'flatcar',
      channel: 'stable',
      version: '4593.2.4',
      url: `${base}${zst}`,
      compression: 'zst',
      sha512: imageSha512,
      compressedBytes: image.length,
      signedBy: key.getFingerprint().toUpperCase(),
      signature: 'digest-list',
    });
    expect(requests).toContain(`HEAD ${zst}`);
    expect(requests).not.toContain(`GET ${zst}`);
  });

  it('is taken when a subkey of the pinned primary key signed it', async () => {
    files = await release(subkey);
    const pin = subkey.getFingerprint().toUpperCase();
    expect((await resolve({}, pin)).signedBy).toBe(pin);
  });

  it('is taken as bz2 where there is no zst', async () => {
    files = await release(key);
    files[bz2] = image;
    files[`${bz2}.DIGESTS.asc`] = await clearSigned(digests(bz2), key);
    delete files[`${zst}.DIGESTS.asc`];
    expect(await resolve()).toMatchObject({ compression: 'bz2', url: `${base}${bz2}` });
  });

  it('is taken from a URL whose key lies beside it, by image.signedBy', async () => {
    files['/stable/Flatcar_Image_Signing_Key.asc'] = key.toPublic().armor();
    const found = await resolve({ mirror: `${base}/{channel}/`, signedBy: key.getFingerprint() });
    expect(found.sha512).toBe(imageSha512);
  });

  it('signed by another key is refused, and both keys are named', async () => {
    files[`${zst}.DIGESTS.asc`] = await clearSigned(digests(zst), otherKey);
    const refusal = await resolve().catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: 'SignatureRefused' });
    expect(String(refusal)).toContain(key.getFingerprint().toUpperCase());
    expect(String(refusal)).toContain(otherKey.getKeyID().toHex().toUpperCase());
  });

  it('is refused when the server also swaps the key', async () => {
    files = await release(otherKey);
    await expect(resolve()).rejects.toThrow(
      `holds the key ${otherKey.getFingerprint().toUpperCase()}; ` +
        `expected ${key.getFingerprint().toUpperCase()}`,
    );
  });

  it('is refused when the list was changed after it was signed', async () => {
    const signed = await clearSigned(digests(zst), key);
    const evil = createHash('sha512').update('evil').digest('hex');
    files[`${zst}.DIGESTS.asc`] = signed.replace(imageSha512, evil);
    await expect(resolve()).rejects.toMatchObject({ name: 'SignatureRefused' });
  });

  it('takes nothing from around the signed text', async () => {
    const aboutAnother = await clearSigned(digests(bz2), key);
    files[`${zst}.DIGESTS.asc`] = `${digests(zst)}\n${aboutAnother}`;
    await expect(resolve()).rejects.toMatchObject({ name: 'SignatureRefused' });
  });

  it('is refused when the list is about another file', async () => {
    files = await release(key, digests(bz2));
    await expect(resolve()).rejects.toThrow('it is about flatcar_production_image.bin.bz2');
  });

  it('is refused when the key has expired, before the signature or since', async () => {
    const born = new Date('2020-01-01T00:00:00Z');
    const { privateKey: old } = await generateKey({
      userIDs: [{ name: 'old' }],
      type: 'curve25519',
      format: 'object',
      date: born,
      keyExpirationTime: 86_400,
    });
    files = await release(key);
    files['/key.asc'] = old.toPublic().armor();
    files[`${zst}.DIGESTS.asc`] = await clearSigned(
      digests(zst),
      old,
      new Date(born.getTime() + 3_600_000),
    );
    await expect(resolve({}, old.getFingerprint())).rejects.toThrow('expired');
    const { privateKey: renewed } = await reformatKey({
      privateKey: old,
      userIDs: [{ name: 'old' }],
      format: 'object',
      date: born,
    });
    files[`${zst}.DIGESTS.asc`] = await clearSigned(digests(zst), renewed);
    await expect(resolve({}, old.getFingerprint())).rejects.toThrow('expired');
  });

  it('is refused when its folder says another version than was asked for', async () => {
    files[`${folder}/version.txt`] = 'FLATCAR_VERSION=4000.1.1\n';
    await expect(resolve({ version: '4593.2.4' })).rejects.toThrow(
      'says 4000.1.1, but 4593.2.4 was asked for',
    );
  });
});

describe('a release without a digest list', () => {
  beforeEach(async () => {
    delete files[`${zst}.DIGESTS.asc`];
    files[`${zst}.sig`] = await detached(image, key);
  });

  it('is read once and taken by its detached signature', async () => {
    expect(await resolve()).toMatchObject({
      signature: 'detached',
      sha512: imageSha512,
      compressedBytes: image.length,
    });
    expect(requests.filter((request) => request === `GET ${zst}`)).toHaveLength(1);
  });

  it('is refused when the image is not what was signed', async () => {
    files[zst] = gzipSync(image);
    await expect(resolve()).rejects.toMatchObject({ name: 'SignatureRefused' });
  });

  it('is refused when another key signed the image', async () => {
    files[`${zst}.sig`] = await detached(image, otherKey);
    await expect(resolve()).rejects.toMatchObject({ name: 'SignatureRefused' });
  });

  it('is refused when the image was cut short where it is kept', async () => {
    files[zst] = image.subarray(0, 100_000);
    await expect(resolve()).rejects.toMatchObject({ name: 'SignatureRefused' });
  });

  it('is tried again when the download broke off', async () => {
    files[zst] = { cutTo: 100_000 };
    await expect(resolve()).rejects.toMatchObject({ name: 'ReleaseServerUnavailable' });
  });

  it('and without a signature is not found', async () => {
    delete files[`${zst}.sig`];
    await expect(resolve()).rejects.toMatchObject({ name: 'ReleaseNotFound' });
  });
});

describe('a release server', () => {
  it('that has no such version: not found', async () => {
    await expect(resolve({ version: '9.9.9' })).rejects.toMatchObject({
      name: 'ReleaseNotFound',
      message: expect.stringContaining('9.9.9') as string,
    });
  });

  it('that answers 503: unavailable, whichever file it is', async () => {
    for (const path of [`${folder}/version.txt`, '/key.asc', `${zst}.DIGESTS.asc`, zst]) {
      const good = files[path];
      files[path] = { status: 503 };
      await expect(resolve({ version: '4593.2.4' })).rejects.toMatchObject({
        name: 'ReleaseServerUnavailable',
      });
      files[path] = good ?? '';
    }
  });

  it('that nobody runs: unavailable', async () => {
    await expect(resolve({ mirror: 'http://127.0.0.1:1' })).rejects.toMatchObject({
      name: 'ReleaseServerUnavailable',
    });
  });

  it('that is not in mirrors.yaml: not found, and says what is there', async () => {
    await expect(resolve({ mirror: 'labb' })).rejects.toThrow('(there: lab)');
  });
});
