import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const remote = join(import.meta.dirname, '..', 'remote');
const names = readdirSync(remote).filter((name) => name.endsWith('.sh'));
const texts = new Map(names.map((name) => [name, readFileSync(join(remote, name), 'utf8')]));

/** Read by others with `.`: functions and constants only, so its last line closes a function. */
const isLibrary = (name: string) => (texts.get(name) ?? '').trimEnd().endsWith('\n}');
const programs = names.filter((name) => !isLibrary(name));

/** What shellcheck cannot know of a file that reads others: their path and their variables. */
const acrossFiles = 'SC1090,SC1091,SC2034,SC2154';

const missing = (program: string) => spawnSync(program, ['--help']).error !== undefined;

describe('src/remote', () => {
  it.each(programs)('%s starts on its last line, so that half of it does nothing', (name) => {
    const lines = (texts.get(name) ?? '').trimEnd().split('\n');
    expect(lines).toContain('main() {');
    expect(lines.at(-1)).toBe('main "$@"');
  });

  it.skipIf(missing('shellcheck')).each(names)('%s is clean for shellcheck', (name) => {
    const argv = ['--shell', 'sh', '--exclude', acrossFiles, '--format', 'gcc', name];
    const report = spawnSync('shellcheck', argv, { cwd: remote, encoding: 'utf8' });
    expect(report.stdout + report.stderr).toBe('');
  });

  it.skipIf(missing('dash'))('is read by dash', () => parseAll(['dash']));
  it.skipIf(missing('bash'))('is read by bash', () => parseAll(['bash']));
  it.skipIf(missing('busybox'))('is read by busybox', () => parseAll(['busybox', 'sh']));
});

function parseAll([shell = '', ...args]: string[]): void {
  for (const name of names) execFileSync(shell, [...args, '-n', join(remote, name)]);
}
