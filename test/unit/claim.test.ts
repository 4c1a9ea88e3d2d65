import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { FakeAccount } from '../fixtures/fake-account.ts';

const script = fileURLToPath(new URL('../../src/remote/claim.sh', import.meta.url));
const mine = 'ssh-ed25519 AAAAmine $(reboot) `me`@"laptop';

let root: FakeAccount;
let keys: string;

beforeEach(() => {
  root = new FakeAccount('root');
  root.sshd('.ssh/authorized_keys');
  keys = join(root.home, '.ssh/authorized_keys');
  mkdirSync(join(root.home, '.ssh'));
  writeFileSync(keys, 'ssh-ed25519 AAAAours ironstep-rescue\n');
});
afterEach(() => root.remove());

function claim(owner: string, input: string) {
  const run = join(root.folder, 'run');
  const env = { PATH: root.path, IRONSTEP_RUN: run };
  const { status, stderr } = spawnSync('sh', [script, owner], { encoding: 'utf8', env, input });
  return { status, stderr };
}

it("a session is claimed once, and takes the person's keys beside ours, byte for byte", () => {
  expect(claim('SHA256:us', `${mine}\n`)).toEqual({ status: 0, stderr: '' });
  expect(claim('SHA256:us', `${mine}\n`)).toEqual({ status: 0, stderr: '' });
  expect(readFileSync(keys, 'utf8')).toBe(`ssh-ed25519 AAAAours ironstep-rescue\n${mine}\n`);
});

it("somebody else's session is left as it is", () => {
  claim('SHA256:them', '');
  const refused = claim('SHA256:us', `${mine}\n`);
  expect(refused).toMatchObject({ status: 10 });
  expect(refused.stderr).toContain('this rescue session belongs to SHA256:them');
  expect(readFileSync(keys, 'utf8')).not.toContain('AAAAmine');
});

it('a rescue system that takes no keys from us is ours all the same', () => {
  root.program('sshd', 'exit 255');
  const claimed = claim('SHA256:us', `${mine}\n`);
  expect(claimed.status).toBe(0);
  expect(claimed.stderr).toContain('sshd -T cannot say');
  expect(existsSync(join(root.folder, 'run/owner'))).toBe(true);
});
