import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { loadMirrors, MirrorsInvalid } from './mirrors.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ironstep-mirrors-'));
});

afterEach(() => rm(folder, { recursive: true }));

const write = (text: string) => writeFile(join(folder, 'mirrors.yaml'), text);

describe('loadMirrors', () => {
  it('there need not be any', async () => {
    expect(await loadMirrors(folder)).toEqual({});
    await write('# none yet\n');
    expect(await loadMirrors(folder)).toEqual({});
  });

  it('reads a mirror, its fingerprint in any usual way of writing', async () => {
    const fingerprint = '0123 4567 89ab cdef 0123 4567 89AB CDEF 0123 4567';
    await write(
      `lab:\n  url: http://127.0.77.254:8080/{channel}\n  signedBy: ${fingerprint}\n  key: /k.asc\n`,
    );
    expect(await loadMirrors(folder)).toEqual({
      lab: {
        url: 'http://127.0.77.254:8080/{channel}',
        signedBy: '0123456789ABCDEF0123456789ABCDEF01234567',
        key: '/k.asc',
      },
    });
  });

  it('keeps a fingerprint of digits only', async () => {
    const signedBy = '0'.repeat(39) + '1';
    await write(`lab: { url: "https://x.example", signedBy: ${signedBy}, key: /k }`);
    expect((await loadMirrors(folder))['lab']?.signedBy).toBe(signedBy);
  });

  it.each([
    ['lab: { url: x, signedBy: abc, key: k }', 'fingerprint'],
    ['lab: { url: "https://x.example" }', 'lab.signedBy'],
    ['- lab', 'mirrors.yaml'],
    ['lab: [', 'mirrors.yaml'],
  ])('says what is wrong with %s', async (text, expected) => {
    await write(text);
    await expect(loadMirrors(folder)).rejects.toThrow(MirrorsInvalid);
    await expect(loadMirrors(folder)).rejects.toThrow(expected);
  });
});
