import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { SettingsSnapshot } from '../providers/provider.ts';
import { createSettingsStore, SettingsStoreDamaged } from './settings-store.ts';

const server = { kind: 'ovh', service: 'ns1.example' } as const;
let base: string;
let folder: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'ironstep-settings-'));
  folder = join(base, 'settings');
});

afterEach(() => rm(base, { recursive: true }));

function snapshot(monitoring: boolean, takenAt = '2026-01-02T03:04:05.678Z'): SettingsSnapshot {
  const values = { bootId: 1, monitoring, rescueMail: null, rescueSshKey: 'ssh-ed25519 AAAA' };
  return { service: server.service, takenAt, values };
}

describe('settings store', () => {
  it('gives back what was saved, also to another process', async () => {
    await createSettingsStore(folder).save(server, snapshot(true));
    expect(await createSettingsStore(folder).load(server)).toEqual(snapshot(true));
    const file = join(folder, 'ovh_ns1.example.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('has nothing of a server that it does not know', async () => {
    const store = createSettingsStore(folder);
    expect(await store.load(server)).toBeNull();
    await store.close(server);
    await store.save(server, snapshot(true));
    expect(await store.load({ kind: 'ovh', service: 'ns1' })).toBeNull();
  });

  it('keeps the first snapshot until it is closed: later ones may hold our own marks', async () => {
    const store = createSettingsStore(folder);
    await store.save(server, snapshot(true));
    await store.save(server, snapshot(false));
    expect(await store.load(server)).toEqual(snapshot(true));
    await store.close(server);
    await store.close(server);
    expect(await store.load(server)).toBeNull();
    await store.save(server, snapshot(false));
    expect(await store.load(server)).toEqual(snapshot(false));
  });

  it('keeps one snapshot when several save together, and leaves no drafts', async () => {
    const store = createSettingsStore(folder);
    await Promise.all(
      Array.from({ length: 10 }, (_, n) => store.save(server, snapshot(true, `2026-01-0${n}`))),
    );
    expect(await readdir(folder)).toEqual(['ovh_ns1.example.json']);
  });

  it('keeps the last restored snapshots, and not for ever', async () => {
    const store = createSettingsStore(folder);
    for (let day = 10; day < 35; day += 1) {
      await store.save(server, snapshot(true, `2026-01-${day}T00:00:00.000Z`));
      await store.close(server);
    }
    const names = (await readdir(join(folder, 'restored', 'ovh_ns1.example'))).sort();
    expect(names).toHaveLength(20);
    expect(names[0]).toBe('2026-01-15T00-00-00.000Z.json');
    expect(names.at(-1)).toBe('2026-01-34T00-00-00.000Z.json');
  });

  it('refuses a file that it did not write, and does not replace it', async () => {
    const store = createSettingsStore(folder);
    await store.save(server, snapshot(true));
    await writeFile(join(folder, 'ovh_ns1.example.json'), '{"half":');
    await expect(store.load(server)).rejects.toThrow(SettingsStoreDamaged);
    await expect(store.close(server)).rejects.toThrow('ovh_ns1.example.json');
    await store.save(server, snapshot(false));
    await expect(store.load(server)).rejects.toThrow(SettingsStoreDamaged);
  });
});
