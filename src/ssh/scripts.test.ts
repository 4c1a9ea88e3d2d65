import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noSshd, startLocalSshd } from '../../test/local-sshd.ts';
import type { LocalSshd } from '../../test/local-sshd.ts';
import { connect } from './connection.ts';
import type { SshConnection } from './connection.ts';
import { installScripts } from './scripts.ts';
import { tarOf } from './tar.ts';

/** Says that it was asked, without a password, and obeys. */
const fakeSudo = `#!/bin/sh
[ "$1" = -n ] || exit 9
shift
LIFTED=yes exec "$@"
`;

const remote = join(import.meta.dirname, '..', 'remote');

describe.skipIf(noSshd)('installScripts', () => {
  let sshd: LocalSshd;
  let connection: SshConnection;
  let run: string;

  beforeAll(async () => {
    run = `/tmp/ironstep-scripts-${process.pid}`;
    const bin = `${run}-bin`;
    mkdirSync(bin);
    writeFileSync(join(bin, 'sudo'), fakeSudo, { mode: 0o755 });
    const path = `${bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
    sshd = await startLocalSshd({ env: { IRONSTEP_RUN: run, PATH: path } });
    connection = await connect(sshd.target(), { connectTimeoutMs: 15_000 });
  });
  afterAll(async () => {
    await connection.close();
    await sshd.stop();
    execFileSync('rm', ['-rf', run, `${run}-bin`]);
  });

  it('puts every script there, for us alone, and leaves nothing else', async () => {
    const { folder } = await installScripts(connection, { sudo: false });
    const sources = readdirSync(remote).filter((name) => name.endsWith('.sh'));
    expect(readdirSync(folder).toSorted()).toEqual(sources.toSorted());
    for (const name of sources) {
      expect(readFileSync(join(folder, name))).toEqual(readFileSync(join(remote, name)));
    }
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(run).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('writes nothing when they are there, and can be asked by many at once', async () => {
    const { folder } = await installScripts(connection, { sudo: false });
    const { ino, mtimeMs } = statSync(folder);
    await Promise.all([1, 2, 3].map(() => installScripts(connection, { sudo: false })));
    expect(statSync(folder)).toMatchObject({ ino, mtimeMs });
    expect(readdirSync(run).filter((name) => name.startsWith('scripts-'))).toHaveLength(1);
  });

  it('puts changed scripts into another folder and runs them with their arguments', async () => {
    const source = join(sshd.folder, 'source');
    cpSync(remote, source, { recursive: true });
    writeFileSync(join(source, 'hello.sh'), 'printf "%s," "$@"; cat; exit 4\n');
    const before = await installScripts(connection, { sudo: false });
    const scripts = await installScripts(connection, { sudo: false, source });
    expect(scripts.folder).not.toBe(before.folder);
    const result = await scripts.run('hello', ["it's", '$(id)'], { stdin: 'in' });
    expect(result).toMatchObject({ exitCode: 4, stdout: "it's,$(id),in" });
    await expect(scripts.runOk('hello', [])).rejects.toThrow('exited with 4');
  });

  it('lifts a login that is not root', async () => {
    const source = join(sshd.folder, 'lifted');
    cpSync(remote, source, { recursive: true });
    writeFileSync(join(source, 'lifted.sh'), 'echo "lifted: ${LIFTED:-no}"\n');
    const scripts = await installScripts(connection, { sudo: true, source });
    expect((await scripts.runOk('lifted', [])).stdout).toBe('lifted: yes\n');
    const unlifted = await installScripts(connection, { sudo: false, source });
    expect((await unlifted.runOk('lifted', [])).stdout).toBe('lifted: no\n');
  });

  it('takes no half of an upload', async () => {
    const receiver = readFileSync(join(remote, 'receive-scripts.sh'), 'utf8');
    const tar = tarOf({ 'a.sh': 'echo a\n', 'b.sh': 'echo b\n' });
    const argv = ['sh', '-c', receiver, 'sh', 'abcdefabcdef'];
    const cut = await connection.exec(argv, { stdin: tar.subarray(0, 1024) });
    expect(cut.exitCode).not.toBe(0);
    expect(existsSync(join(run, 'scripts-abcdefabcdef'))).toBe(false);
    expect(readdirSync(run).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});

describe('tarOf', () => {
  it('is read back by tar, and refuses names that are paths', () => {
    const folder = join('/tmp', `ironstep-tar-${process.pid}`);
    mkdirSync(folder);
    const files = { empty: '', 'block.txt': 'x'.repeat(512), text: 'ü\n'.repeat(400) };
    execFileSync('tar', ['-x', '-f', '-', '-C', folder], { input: tarOf(files) });
    for (const [name, text] of Object.entries(files)) {
      expect(readFileSync(join(folder, name), 'utf8')).toBe(text);
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    }
    execFileSync('rm', ['-rf', folder]);
    for (const name of ['../up', 'a/b', '', '.hidden', '-x']) {
      expect(() => tarOf({ [name]: '' })).toThrow(RangeError);
    }
  });
});
