import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
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
});
