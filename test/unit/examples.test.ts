import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

import { newKeyPair } from '../fixtures/key-pair.ts';
import { hardwareKinds } from '../../lab/hardware.ts';
import type { HardwareKindName } from '../../lab/hardware.ts';
import { loadSpec } from '../../src/cli/load-spec.ts';
import { solveLayout, usualRootStartSector } from '../../src/disk/layout.ts';
import { parseSpec } from '../../src/spec/parse-spec.ts';
import { completeSpec } from '../fixtures/complete-spec.ts';

const examples = fileURLToPath(new URL('../../examples/', import.meta.url));
const schemaFile = new URL('../../docs/reference/server-spec.schema.json', import.meta.url);
const files = readdirSync(examples);
const read = (name: string) => readFileSync(join(examples, name), 'utf8');

/** What each example is rented as, in the catalogue of the lab. */
const hardware: Record<string, HardwareKindName> = {
  'demo.yaml': 'KS-2a',
  'kimsufi-2a-shrink.yaml': 'KS-2a',
  'kimsufi-2a.yaml': 'KS-2a',
  'kimsufi-2b-shrink.yaml': 'KS-2b',
  'kimsufi-2b.yaml': 'KS-2b',
  'kimsufi-2c-shrink.yaml': 'KS-2c',
  'kimsufi-2c.yaml': 'KS-2c',
  'lab-core2.yaml': 'KS-2b',
  'lab-core3.yaml': 'KS-2c',
};

describe('examples', () => {
  const specs = files.filter((name) => name.endsWith('.yaml'));
  const schema = JSON.parse(readFileSync(schemaFile, 'utf8')) as Parameters<
    typeof z.fromJSONSchema
  >[0];
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ironstep-examples-'));
    cpSync(examples, folder, { recursive: true });
    const { publicKey: key } = newKeyPair('me@laptop');
    mkdirSync(join(folder, '.ssh'));
    for (const file of ['demo.pub', '.ssh/id_ed25519.pub']) writeFileSync(join(folder, file), key);
    vi.stubEnv('HOME', folder);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are all held against a server', () => {
    expect(specs.toSorted()).toEqual(Object.keys(hardware));
  });

  it.each(specs)('%s is a whole spec: with its config somebody can log in', async (name) => {
    const { spec, warnings } = await loadSpec(join(folder, name));
    expect(warnings).toEqual([]);
    expect(spec.ssh.authorizedKeys).toHaveLength(1);
  });

  it.each(specs)('%s fits on the disk of its server', (name) => {
    const { layout } = parseSpec(read(name), name);
    const [disk] = hardwareKinds[hardware[name] ?? 'KS-2c'].disks;
    if (layout === undefined || disk === undefined) throw new Error(`${name} has no layout`);
    // Nothing is rounded off here: an image has its ROOT where Flatcar's starts.
    const solved = solveLayout({
      diskSectors: disk.sizeBytes / 512,
      sectorBytes: 512,
      rootStartSector: usualRootStartSector,
      layout,
      minRootBytes: 2 * 2 ** 30,
      partUuids: Object.fromEntries(layout.partitions.map((partition) => [partition.name, ''])),
    });
    expect(solved.partitions.map((partition) => partition.name)).toEqual(
      layout.partitions.map((partition) => partition.name),
    );
  });

  it.each(specs)('%s is completed and checked by an editor', (name) => {
    const [first = ''] = read(name).split('\n');
    const [, path = ''] = /^# yaml-language-server: \$schema=(\S+)$/.exec(first) ?? [];
    expect(resolve(examples, path)).toBe(fileURLToPath(schemaFile));
    const verdict = z.fromJSONSchema(schema).safeParse(parse(read(name)));
    expect(verdict.error?.issues).toBeUndefined();
  });

  it('cover both ways to the layout, and both kinds of config, on each kind of server', () => {
    const own = specs.filter((name) => name.startsWith('kimsufi-'));
    const covered = own.map((name) => {
      const { layout, config } = parseSpec(read(name), name);
      return `${hardware[name]} ${layout?.apply} ${Object.keys(config).join()}`;
    });
    expect(covered.toSorted()).toEqual([
      'KS-2a presize ignition',
      'KS-2a shrink cloudConfig',
      'KS-2b presize cloudConfig',
      'KS-2b shrink ignition',
      'KS-2c presize cloudConfig',
      'KS-2c shrink ignition',
    ]);
  });

  it('hold no key of anybody', () => {
    for (const name of files) {
      expect(read(name)).not.toMatch(/(ssh-(ed25519|rsa)|ecdsa-\S+) AAAA|PRIVATE KEY/);
    }
  });
});

describe('the demo', () => {
  it('is a complete spec once it has a key', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ironstep-demo-'));
    try {
      const { spec, warnings } = await loadSpec(completeSpec(folder));
      expect(warnings).toEqual([]);
      expect(spec.layout).toMatchObject({ apply: 'shrink', root: 100 * 2 ** 30 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('installs the script that lies beside it', () => {
    const config = JSON.parse(read('demo.ign')) as {
      storage: { files: { contents: { source: string } }[] };
    };
    const source = config.storage.files[0]?.contents.source ?? '';
    expect(Buffer.from(source.split(',')[1] ?? '', 'base64').toString()).toBe(
      read('demo-files.sh'),
    );
  });

  it.each(['dash', 'bash'])('writes at least 400 files, under %s', (shell) => {
    const folder = mkdtempSync(join(tmpdir(), 'ironstep-demo-'));
    try {
      const done = spawnSync(shell, [join(examples, 'demo-files.sh'), folder], {
        encoding: 'utf8',
      });
      expect([done.status, done.stderr]).toEqual([0, '']);
      const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
      expect(entries.filter((entry) => entry.isFile()).length).toBeGreaterThanOrEqual(400);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
