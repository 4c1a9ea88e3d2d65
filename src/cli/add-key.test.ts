import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { newKeyPair } from '../../test/fixtures/key-pair.ts';
import { cliContext } from '../../test/fixtures/cli-context.ts';
import type { Runs } from './context.ts';
import { runProgram } from './program.ts';

let folder: string;
const pairs = ['ada', 'bob'].map(newKeyPair);
const [ada = '', bob = ''] = pairs.map((pair) => pair.publicKey);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ironstep-add-key-'));
  writeFileSync(join(folder, 'team.pub'), `# the team\n${ada} ada@desk\n\n${bob}\n`);
  writeFileSync(join(folder, 'id'), pairs[0]?.privateKey ?? '');
});
afterAll(() => rmSync(folder, { recursive: true }));

async function addKey(args: string[], input = '') {
  const asked: unknown[] = [];
  const start: Runs['start'] = async (kind, request) => {
    asked.push([kind, request]);
    return { server: 'core1', workflowId: 'server/ovh/ns1' };
  };
  const server = {
    server: 'core1',
    provider: { kind: 'ovh' as const, service: 'ns1', account: 'kimsufi' },
    ssh: { port: 22, authorizedKeys: [] },
    rescue: { giveUpAfter: 1 },
  };
  const cli = cliContext({ start, serverOf: async () => server });
  cli.context.readInput = async () => input;
  const code = await runProgram(['add-key', 'core1', '--detach', ...args], cli.context);
  return { code, asked, said: cli.out() + cli.err() };
}

it('takes keys from files, from stdin and as they are, each once, and says who asks', async () => {
  const file = join(folder, 'team.pub');
  const { code, asked } = await addKey(['--key', file, '--key', '-', '--key', bob], `${bob}\n`);
  expect(code).toBe(0);
  expect(asked).toEqual([
    ['add-key', expect.objectContaining({ keys: [`${ada} ada@desk`, bob], by: 'me@desk' })],
  ]);
});

it.each([
  ['a private key file', () => ['--key', join(folder, 'id')], ''],
  ['a private key in place of a file', () => ['--key', pairs[0]?.privateKey ?? ''], ''],
  ['a private key on stdin', () => ['--key', '-'], pairs[0]?.privateKey],
  ['a key with options before it', () => ['--key', '-'], `command="x" ${ada}`],
  ['no key', () => ['--key', '-'], '# nothing\n'],
])('%s is refused before anybody is asked, and never said again', async (_, args, input) => {
  const { code, asked, said } = await addKey(args(), input);
  expect([code, asked]).toEqual([2, []]);
  expect(said).toMatch(/^--key/);
  const secret = (pairs[0]?.privateKey ?? '').split('\n')[1] ?? '';
  expect(said).not.toContain(secret);
});
