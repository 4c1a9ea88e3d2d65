import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { loadSpec } from '../../src/cli/load-spec.ts';
import { parseSpec } from '../../src/spec/parse-spec.ts';
import { completeSpec } from '../fixtures/complete-spec.ts';

const examples = fileURLToPath(new URL('../../examples/', import.meta.url));
const files = readdirSync(examples);
const read = (name: string) => readFileSync(join(examples, name), 'utf8');

describe('examples', () => {
  const specs = files.filter((name) => name.endsWith('.yaml'));

  it.each(specs)('%s is a spec', (name) => {
    expect(parseSpec(read(name), name).image.os).toBe('flatcar');
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
