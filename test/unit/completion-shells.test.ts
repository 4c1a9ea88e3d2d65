import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { completionScripts } from '../../src/cli/completion/scripts.ts';
import type { Shell } from '../../src/cli/completion/scripts.ts';

const program = fileURLToPath(new URL('../fixtures/completion-program.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');
const missing = (name: string) => spawnSync(name, ['--version']).error !== undefined;

/** Shells as nobody has configured them, but for a prompt by which one sees that they listen. */
const prompt = 'listening> ';
const shells: Record<Shell, { start: string; load: string }> = {
  bash: { start: 'bash --norc --noprofile -i', load: 'source completion.bash' },
  zsh: {
    start: 'zsh -f -i',
    load: 'autoload -Uz compinit; compinit -u -D; source completion.zsh',
  },
  fish: {
    start: 'fish --no-config -i',
    load: `function fish_prompt; echo -n '${prompt}'; end; source completion.fish`,
  },
};

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ironstep-shells-'));
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'servers'));
  for (const name of ['core1.yaml', 'edge1.yml', 'notes.txt'])
    writeFileSync(join(folder, name), '');
  // Anything but a question of the shell is only told, as it was typed and completed.
  const wrapper = `#!/bin/sh
[ "$1" = __complete ] && exec '${process.execPath}' --import '${tsx}' '${program}' "$@"
printf '<%s>' ran "$@"
echo
`;
  writeFileSync(join(folder, 'bin', 'ironstep'), wrapper, { mode: 0o755 });
  for (const [shell, text] of Object.entries(completionScripts)) {
    writeFileSync(join(folder, `completion.${shell}`), text);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * Types lines into an interactive shell on a terminal of its own; returns what `ironstep` was given.
 * A line is typed when the shell listens: what is typed before goes through the terminal's own
 * line editor, which swallows keys.
 */
async function typed(shell: Shell, lines: readonly string[]): Promise<string[]> {
  const { start, load } = shells[shell];
  const child = spawn('script', ['-qec', start, '/dev/null'], {
    cwd: folder,
    env: { PATH: `${folder}/bin:${process.env['PATH']}`, HOME: folder, TERM: 'dumb', PS1: prompt },
  });
  let shown = '';
  let typedLines = 0;
  const left = [`${load}; ironstep loaded`, ...lines, 'exit'];
  const typeNext = () => {
    typedLines += 1;
    child.stdin.write(`${left.shift()}\n`);
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    // A line is over with what `ironstep` told and a prompt; fish draws that more than once.
    const parts = shown.split('<ran>');
    if (parts.length > typedLines && parts.at(-1)?.includes(prompt)) typeNext();
  });
  typeNext();
  await once(child, 'exit');
  return told(shown).slice(1);
}

/** zsh takes the slash behind a folder back at Enter. */
function told(shown: string): string[] {
  return (shown.match(/<ran>(<[^>\n]*>)*/g) ?? []).map((ran) => ran.replace('/>', '>'));
}

describe.skipIf(missing('script'))('Tab in', () => {
  describe.each(['bash', 'zsh', 'fish'] as const)('%s', (shell) => {
    it.skipIf(missing(shell))('completes commands, options, servers and spec files', async () => {
      expect(
        await typed(shell, [
          'ironstep hist\tcore1',
          'ironstep history edg\t--ste\t',
          'ironstep validate cor\t',
          'ironstep dev --config serv\t',
        ]),
      ).toEqual([
        '<ran><history><core1>',
        '<ran><history><edge1><--steps>',
        '<ran><validate><core1.yaml>',
        '<ran><dev><--config><servers>',
      ]);
    });

    it.skipIf(missing(shell))('evaluates nothing that is typed: only Enter does', async () => {
      const line = 'ironstep status "$(echo once >>evaluated)" --js\t';
      expect(await typed(shell, [line])).toEqual(['<ran><status><><--json>']);
      expect(readFileSync(join(folder, 'evaluated'), 'utf8')).toBe('once\n');
      rmSync(join(folder, 'evaluated'));
    });
  });
});

it.skipIf(missing('shellcheck'))('the script for bash is clean for shellcheck', () => {
  const path = join(folder, 'completion.bash');
  const { stdout } = spawnSync('shellcheck', ['--shell=bash', path], { encoding: 'utf8' });
  expect(stdout).toBe('');
});
