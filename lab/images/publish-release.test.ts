import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readKey } from 'openpgp';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { SignatureRefused } from '../../src/os/flatcar/release-errors.ts';
import { resolveRelease } from '../../src/os/flatcar/release.ts';
import { startImageServer } from '../image-server.ts';
import type { PublishRequest } from './publish-release.ts';
import { publishRelease } from './publish-release.ts';
import type { Signer } from './signer.ts';
import { makeSigner } from './signer.ts';

const zst = Buffer.from('the image, packed with zstd');
let folder: string;
let packed: string;
let signer: Signer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'publish-release-'));
  packed = join(folder, 'packed');
  await mkdir(packed);
  await writeFile(join(packed, 'flatcar_production_image.bin.zst'), zst);
  await writeFile(join(packed, 'flatcar_production_image.bin.bz2'), 'packed with bzip2');
  signer = await makeSigner();
});

afterAll(() => rm(folder, { recursive: true }));

/** Publishes on a server of its own and resolves it as ironstep does, pinning `pinned`. */
async function publishAndResolve(request: Partial<PublishRequest>, pinned = signer) {
  const server = await mkdtemp(join(folder, 'server-'));
  const image = { kind: 'release', folder: packed } as const;
  const publish = { image, version: '4999.0.0', channel: 'stable', folder: server, signer };
  const release = await publishRelease({ ...publish, ...request });
  const key = join(server, 'key.asc');
  await writeFile(key, pinned.publicKey);
  const { port, close } = await startImageServer([server], 0);
  const url = `http://127.0.0.1:${port}/{channel}`;
  const mirrors = { lab: { url, signedBy: pinned.fingerprint, key } };
  try {
    const resolved = await resolveRelease(
      { os: 'flatcar', channel: 'stable', mirror: 'lab' },
      mirrors,
    );
    return { release, resolved };
  } finally {
    await close();
  }
}

test('a published release is found and verified by its signed digest list', async () => {
  const { release, resolved } = await publishAndResolve({});
  expect(resolved).toMatchObject({
    version: '4999.0.0',
    compression: 'zst',
    sha512: createHash('sha512').update(zst).digest('hex'),
    compressedBytes: zst.length,
    signedBy: signer.fingerprint,
    signature: 'digest-list',
  });
  const names = ['bz2', 'zst'].flatMap((compression) =>
    ['', '.DIGESTS', '.DIGESTS.asc', '.DIGESTS.sig', '.sig'].map(
      (suffix) => `flatcar_production_image.bin.${compression}${suffix}`,
    ),
  );
  expect((await readdir(release)).sort()).toEqual([...names, 'version.txt'].sort());
});

test('the digest list has the form of the real one', async () => {
  const { release } = await publishAndResolve({});
  const list = await readFile(join(release, 'flatcar_production_image.bin.zst.DIGESTS'), 'utf8');
  const hex = (algorithm: string) => createHash(algorithm).update(zst).digest('hex');
  const name = 'flatcar_production_image.bin.zst';
  expect(list).toBe(
    `# MD5 HASH\n${hex('md5')}  ${name}\n# SHA1 HASH\n${hex('sha1')}  ${name}\n` +
      `# SHA512 HASH\n${hex('sha512')}  ${name}\n`,
  );
});

test('a release without digest lists is verified by its detached signature', async () => {
  const { resolved } = await publishAndResolve({ digestList: 'missing' });
  expect(resolved.signature).toBe('detached');
});

test('a wrong digest list is well signed and names another digest', async () => {
  const { resolved } = await publishAndResolve({ digestList: 'wrong' });
  expect(resolved.sha512).not.toBe(createHash('sha512').update(zst).digest('hex'));
});

test('a release signed by another key is refused', async () => {
  const other = await makeSigner();
  await expect(publishAndResolve({ signer: other })).rejects.toThrow(SignatureRefused);
});

test('the compressed image of another version is shared, not copied', async () => {
  const { release } = await publishAndResolve({});
  const { ino } = await stat(join(packed, 'flatcar_production_image.bin.zst'));
  expect((await stat(join(release, 'flatcar_production_image.bin.zst'))).ino).toBe(ino);
});

test('the key signs by a subkey, as that of Flatcar does', async () => {
  const key = await readKey({ armoredKey: signer.publicKey });
  const signing = await key.getSigningKey();
  expect(key.getFingerprint().toUpperCase()).toBe(signer.fingerprint);
  expect(signing.getFingerprint()).not.toBe(key.getFingerprint());
});
