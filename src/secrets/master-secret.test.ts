import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { loadMasterSecret, MasterSecretDamaged } from './master-secret.ts';
import { FileTooOpen } from './private-file.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ironstep-master-'));
  file = join(folder, 'state', 'master.key');
});

afterEach(() => rm(folder, { recursive: true }));

describe('loadMasterSecret', () => {
  it('makes 32 bytes that only the owner can read, once', async () => {
    const first = await loadMasterSecret(file);
    const second = await loadMasterSecret(file);
    expect(second.reveal()).toBe(first.reveal());
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(file))).mode & 0o077).toBe(0);
    const bytes = await readFile(file);
    expect(bytes).toHaveLength(32);
    expect(bytes.toString('base64')).toBe(first.reveal());
  });

  it('is one, however many start together', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => loadMasterSecret(file)));
    expect(new Set(all.map((secret) => secret.reveal())).size).toBe(1);
    expect(await readdir(dirname(file))).toEqual(['master.key']);
  });

  it('is one, also for processes', async () => {
    const module = new URL('./master-secret.ts', import.meta.url).href;
    const program =
      `const { loadMasterSecret } = await import(${JSON.stringify(module)});` +
      `console.log((await loadMasterSecret(${JSON.stringify(file)})).reveal());`;
    const run = () =>
      promisify(execFile)(process.execPath, [
        '--import',
        'tsx',
        '--input-type=module',
        '--eval',
        program,
      ]);
    const outputs = await Promise.all([run(), run(), run()]);
    const [first, ...others] = outputs.map(({ stdout }) => stdout.trim());
    expect(first).toHaveLength(44);
    expect(others).toEqual([first, first]);
  });

  it.each([0o640, 0o604, 0o620])('refuses a file of mode %o', async (mode) => {
    await loadMasterSecret(file);
    await chmod(file, mode);
    await expect(loadMasterSecret(file)).rejects.toThrow(FileTooOpen);
    await expect(loadMasterSecret(file)).rejects.toThrow(`chmod 600 ${file}`);
  });

  it('refuses a file of another length, and leaves it alone', async () => {
    await loadMasterSecret(file);
    await writeFile(file, 'short');
    await expect(loadMasterSecret(file)).rejects.toThrow(MasterSecretDamaged);
    expect(await readFile(file, 'utf8')).toBe('short');
  });
});
