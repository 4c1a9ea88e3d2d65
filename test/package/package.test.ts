import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { newKeyPair } from '../fixtures/key-pair.ts';
import { ensureTemporalCli } from '../../src/toolchain/temporal-cli.ts';
import { Installed } from './installed.ts';

const checkout = fileURLToPath(new URL('../../', import.meta.url));
let installed: Installed;

beforeAll(async () => {
  const { path } = await ensureTemporalCli();
  installed = new Installed({ TEMPORAL_CLI: path });
});
afterAll(async () => {
  await installed?.ironstep('dev', '--stop');
  installed?.remove();
});

describe('what is in the package', () => {
  test('all that runs: the compiled program, the scripts for servers, what Temporal loads', () => {
    expect(installed.files).toEqual(
      expect.arrayContaining([
        'bin/ironstep.mjs',
        'dist/cli/main.js',
        'dist/worker.js',
        'dist/workflows/index.js',
        'examples/kimsufi-2a.yaml',
        'docs/reference/server-spec.schema.json',
        'README.md',
        'LICENSE',
      ]),
    );
  });

  test('every file of src that TypeScript does not copy', () => {
    const source = readdirSync(join(checkout, 'src'), { recursive: true, withFileTypes: true });
    const others = source
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.ts'))
      .map((entry) => relative(checkout, join(entry.parentPath, entry.name)));
    expect(others).toContain('src/remote/write-image.sh');
    expect(others.filter((path) => !installed.files.includes(path))).toEqual([]);
  });

  test('nothing that does not: no tests, lab, TypeScript or source maps', () => {
    const strange = installed.files.filter((path) =>
      /\.test\.|(^|\/)(test|lab|bench|deploy\/temporal)\/|\.tsx?$|\.map$|\.png$|sample-/.test(path),
    );
    expect(strange).toEqual([]);
    expect(installed.packedBytes).toBeLessThan(400_000);
  });

  test('names neither the machine that made it nor the checkout', () => {
    const names = [checkout, `@${hostname()}`];
    const telling = installed.files.filter((path) => {
      const text = readFileSync(join(installed.packageFolder, path), 'utf8');
      return names.some((name) => text.includes(name));
    });
    expect(telling).toEqual([]);
  });

  test('brings no tool of its making', () => {
    const tools = ['tsx', 'typescript', 'vitest', 'oxlint', 'prettier', 'knip'];
    expect(installed.dependencies().filter((name) => tools.includes(name))).toEqual([]);
  });
});

describe('ironstep, installed', () => {
  test('says its version and its help', async () => {
    const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(await installed.ironstep('--version')).toEqual({
      code: 0,
      stdout: `${version}\n`,
      stderr: '',
    });
    const { code, stdout } = await installed.ironstep('--help');
    expect([code, stdout.split('\n')[0]]).toEqual([0, 'Usage: ironstep [options] [command]']);
  });

  test('validates an example of its own', async () => {
    mkdirSync(join(installed.home, '.ssh'));
    const { publicKey: key } = newKeyPair('me@laptop');
    writeFileSync(join(installed.home, '.ssh', 'id_ed25519.pub'), key);
    const example = join(installed.packageFolder, 'examples', 'kimsufi-2a.yaml');
    const { code, stdout, stderr } = await installed.ironstep('validate', example);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('kimsufi-2a.yaml');
  });

  test('says what is wrong with a spec, by line', async () => {
    const example = join(installed.packageFolder, 'examples', 'kimsufi-2a.yaml');
    const broken = join(installed.home, 'broken.yaml');
    copyFileSync(example, broken);
    writeFileSync(broken, readFileSync(broken, 'utf8').replace('partitions:', 'partions:'));
    const { code, stderr } = await installed.ironstep('validate', broken);
    expect(code).toBe(2);
    expect(stderr).toMatch(/broken\.yaml:\d+:\d+ .*Did you mean layout\.partitions\?/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test('its doctor finds what the package needs', async () => {
    const { code, stdout } = await installed.ironstep('doctor', '--json');
    const findings = JSON.parse(stdout) as { name: string; state: string; detail: string }[];
    expect(findings.filter(({ state }) => state === 'missing')).toEqual([]);
    expect(findings).toContainEqual(
      expect.objectContaining({ name: 'npm packages', detail: 'installed with the package' }),
    );
    expect(code).toBe(0);
  });

  test.each(['demo', 'lab'])('says where to get the %s', async (command) => {
    const { code, stderr } = await installed.ironstep(command);
    expect(code).toBe(2);
    expect(stderr).toContain('git clone https://github.com/ironstep/ironstep');
  });

  test('says in time that there is no Temporal', async () => {
    const away = 'TEMPORAL_ADDRESS=127.0.0.1:1';
    const { code, stderr } = await installed.run('env', away, 'ironstep', 'list');
    expect(code).toBe(4);
    expect(stderr).toContain('To start Temporal and a worker on this machine:  ironstep dev');
  });

  test('the histories of Temporal can be written as JSON with the packages that npm chose', async () => {
    // Two copies of protobufjs make this throw "type must be a Type" (docs/decisions/0001).
    const script = join(installed.packageFolder, 'history-json.mjs');
    writeFileSync(
      script,
      `import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
       console.log(historyToJSON({ events: [] }));`,
    );
    const { code, stdout } = await installed.run(process.execPath, script);
    expect([code, JSON.parse(stdout)]).toEqual([0, {}]);
  });
});

describe('ironstep dev, installed', () => {
  test('runs Temporal, the codec server and a worker from the package, and ends them', async () => {
    const started = await installed.ironstep('dev', '--background', '--json');
    expect([started.code, started.stderr]).toEqual([0, '']);
    const status = JSON.parse(started.stdout) as {
      address: string;
      codecUrl: string;
      pids: Record<string, number>;
    };
    const commandLine = (pid = 0) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    for (const child of ['worker', 'codec'] as const) {
      const [, program] = commandLine(status.pids[child]);
      expect(program).toContain(join(installed.packageFolder, 'dist'));
    }
    expect((await fetch(`${status.codecUrl}/health`)).status).toBe(200);

    const listed = await installed.ironstep('list', '--json');
    expect([listed.code, listed.stdout, listed.stderr]).toEqual([0, '[]\n', '']);

    const doctor = await installed.ironstep('doctor', '--json');
    expect(JSON.parse(doctor.stdout)).toContainEqual(
      expect.objectContaining({ name: 'dev', state: 'ok' }),
    );

    expect(await installed.ironstep('dev', '--stop')).toMatchObject({
      code: 0,
      stdout: 'Stopped. Runs keep their place.\n',
    });
    expect((await installed.ironstep('dev', '--stop')).stdout).toBe('Nothing was running.\n');
  });
});
