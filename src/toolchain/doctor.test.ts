import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { diagnose } from './doctor.ts';
import type { DoctorLine } from './doctor.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doctor-'));
  for (const kind of ['CONFIG', 'STATE', 'CACHE']) {
    vi.stubEnv(`XDG_${kind}_HOME`, join(folder, kind));
    await mkdir(join(folder, kind, 'ironstep'), { recursive: true });
  }
  vi.stubEnv('TEMPORAL_CLI', '');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function line(name: string): Promise<DoctorLine | undefined> {
  return (await diagnose()).find((one) => one.name === name);
}

test('a machine with nothing on it gets an answer for everything, and what to do', async () => {
  vi.stubEnv('PATH', folder);
  const lines = await diagnose();
  expect(lines.find(({ name }) => name === 'Node')?.state).toBe('ok');
  for (const name of ['Temporal CLI', 'qemu-system-x86_64', 'credentials.yaml', 'dev']) {
    expect(lines.find((one) => one.name === name)?.state, name).toBe('warning');
  }
  expect(lines.every(({ detail }) => detail.length > 0)).toBe(true);
});

test('a secret that others may read is missing its lock, with the command to close it', async () => {
  const path = join(folder, 'STATE', 'ironstep', 'master.key');
  await writeFile(path, 'x', { mode: 0o640 });
  expect(await line('master secret')).toMatchObject({
    state: 'missing',
    fix: `chmod 600 ${path}`,
  });
});

test('credentials that only their owner may read are fine', async () => {
  await writeFile(join(folder, 'CONFIG', 'ironstep', 'credentials.yaml'), 'x', { mode: 0o600 });
  expect(await line('credentials.yaml')).toMatchObject({ state: 'ok' });
});

test('a TEMPORAL_CLI that is none does not stop the others', async () => {
  vi.stubEnv('TEMPORAL_CLI', '/nowhere/temporal');
  expect(await line('Temporal CLI')).toMatchObject({ state: 'warning' });
});
