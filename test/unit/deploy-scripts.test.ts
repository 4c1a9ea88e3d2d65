import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { searchAttributeNames } from '../../src/contract.ts';

const folder = fileURLToPath(new URL('../../deploy/', import.meta.url));
const scripts = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.sh'),
);
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const missing = (program: string) => spawnSync(program, ['--help']).error !== undefined;

describe('deploy', () => {
  it.each(scripts)('%s starts on its last line, so that half of it does nothing', (name) => {
    expect(read(name).startsWith('#!/bin/sh\n')).toBe(true);
    expect(read(name).trimEnd().split('\n').at(-1)).toBe('main "$@"');
  });

  it.skipIf(missing('shellcheck')).each(scripts)('%s is clean for shellcheck', (name) => {
    const report = spawnSync('shellcheck', ['--format', 'gcc', name], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(report.stdout + report.stderr).toBe('');
  });

  it('registers the search attributes that both ends of Temporal share', () => {
    const line = /^search_attributes='(.*)'$/m.exec(read('temporal/setup.sh'))?.[1];
    expect(line?.split(' ')).toEqual(searchAttributeNames);
  });

  it.skipIf(missing('systemd-analyze'))('the unit for a user is one that systemd takes', () => {
    const home = mkdtempSync(join(tmpdir(), 'systemd-'));
    try {
      // systemd looks for the program, too.
      mkdirSync(join(home, '.local', 'bin'), { recursive: true });
      writeFileSync(join(home, '.local', 'bin', 'ironstep'), '#!/bin/sh\n', { mode: 0o755 });
      const unit = join(folder, 'systemd', 'ironstep.service');
      const report = spawnSync('systemd-analyze', ['verify', '--user', '--man=no', unit], {
        env: { PATH: process.env['PATH'], HOME: home, XDG_RUNTIME_DIR: home },
        encoding: 'utf8',
      });
      expect([report.status, report.stderr]).toEqual([0, '']);
    } finally {
      rmSync(home, { recursive: true });
    }
  });
});
