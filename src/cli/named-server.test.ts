import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { cliContext } from '../../test/fixtures/cli-context.ts';
import { completeSpec } from '../../test/fixtures/complete-spec.ts';
import type { KnownServer } from '../client/run-server.ts';
import { namedServer } from './named-server.ts';

let folder: string;
let spec: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ironstep-named-'));
  spec = completeSpec(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

const known: KnownServer = {
  server: 'core1',
  provider: { kind: 'ovh', service: 'ns1', account: 'kimsufi' },
  ssh: { port: 22, authorizedKeys: [] },
  rescue: { giveUpAfter: 1 },
};

function runs(asked: string[]) {
  const find = async (server: string) => {
    asked.push(server);
    return { server, workflowId: 'server/ovh/ns1' };
  };
  return cliContext({ find, serverOf: async () => known }).context.openRuns();
}

test.each(['core1', 'ovh/ns1', 'server/ovh/ns1'])(
  '%s is a run, asked of Temporal',
  async (name) => {
    const asked: string[] = [];
    expect(await namedServer(await runs(asked), name)).toBe(known);
    expect(asked).toEqual([name]);
  },
);

test('a spec file is read, with the keys that it names, and Temporal is not asked', async () => {
  const asked: string[] = [];
  const server = await namedServer(await runs(asked), spec);
  expect(asked).toEqual([]);
  expect(Object.keys(server).toSorted()).toEqual(['provider', 'rescue', 'server', 'ssh']);
  expect(server.ssh.authorizedKeys).toEqual([expect.stringMatching(/^ssh-ed25519 AAAA/)]);
});

test('a path to a file that is there is a spec, whatever its name', async () => {
  const path = join(folder, 'core1');
  writeFileSync(path, 'server: [\n');
  await expect(namedServer(await runs([]), path)).rejects.toMatchObject({ name: 'SpecError' });
});

test('a spec file that is not there is no name of a server', async () => {
  const none = namedServer(await runs([]), 'core9.yaml');
  await expect(none).rejects.toThrow('core9.yaml  there is no such file');
});
