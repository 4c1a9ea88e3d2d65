import { expect, test, vi } from 'vitest';

import { cliContext } from '../../../test/fixtures/cli-context.ts';
import { leafCommands, nameOf } from '../command-tree.ts';
import { buildProgram, runProgram } from '../program.ts';
import { complete } from './complete.ts';

const program = buildProgram(cliContext().context);
const servers = async () => ['core1', 'core2', 'edge1'];

/** The line up to the cursor, split at spaces. */
async function completed(line: string) {
  const { candidates, files } = await complete(program, line.split(' ').slice(1), servers);
  return { values: candidates.map(({ value }) => value), files };
}

test.each([
  ['ironstep val', ['validate'], 'none'],
  ['ironstep status ', ['core1', 'core2', 'edge1'], 'none'],
  ['ironstep status e', ['edge1'], 'none'],
  ['ironstep status core1 ', [], 'none'],
  ['ironstep --verbose hist', ['history'], 'none'],
  ['ironstep history core1 --s', ['--steps'], 'none'],
  ['ironstep history --steps c', ['core1', 'core2'], 'none'],
  ['ironstep list --json --j', [], 'none'],
  ['ironstep list --ver', ['--verbose'], 'none'],
  ['ironstep --ver', ['--version', '--verbose'], 'none'],
  ['ironstep validate core1.yaml ', [], 'yaml'],
  ['ironstep provision ', [], 'yaml'],
  ['ironstep provision core1.yaml ', [], 'none'],
  ['ironstep provision --wipe ', [], 'none'],
  ['ironstep provision --wipe SERIAL core', [], 'yaml'],
  ['ironstep worker --config ', [], 'folders'],
  ['ironstep worker --config = /e', [], 'folders'],
  ['ironstep completion ', ['bash', 'zsh', 'fish'], 'none'],
  ['ironstep help stat', ['status'], 'none'],
  ['ironstep abort -- --j', [], 'none'],
  ['ironstep nonsense ', [], 'none'],
])('%s', async (line, values, files) => {
  expect(await completed(line)).toEqual({ values, files });
});

test('every command that a person is told of, and no other', async () => {
  const { values } = await completed('ironstep ');
  const first = leafCommands(program).map((command) => nameOf(command).split(' ')[0]);
  expect(values).toEqual([...new Set(first)]);
});

test('every option of every command', async () => {
  for (const command of leafCommands(program)) {
    const { values } = await completed(`ironstep ${nameOf(command)} --`);
    expect(values).toEqual(expect.arrayContaining(command.options.map(({ long }) => long)));
  }
});

test('Temporal is asked only where a server can stand', async () => {
  const asked = vi.fn(servers);
  await complete(program, ['status', '--'], asked);
  await complete(program, ['validate', ''], asked);
  expect(asked).not.toHaveBeenCalled();
});

test('a Temporal that cannot be asked leaves nothing to complete with, and nothing to read', async () => {
  const { context, out, err } = cliContext();
  context.serverNames = async () => Promise.reject(new Error('bad profile'));
  expect(await runProgram(['__complete', '--', 'status', ''], context)).toBe(0);
  expect([out(), err()]).toEqual([':none\n', '']);
});
