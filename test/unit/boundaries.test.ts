import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const boundaryRule = 'eslint(no-restricted-imports)';

type Report = {
  code: string;
  filename: string;
  help?: string;
  labels: { span: { line: number } }[];
};
type Edge = readonly [importer: string, specifier: string];

/** Lints files that are planted in an empty folder with the repository's own rules. */
function lint(files: Record<string, string>): Report[] {
  const folder = mkdtempSync(join(tmpdir(), 'boundaries-'));
  try {
    cpSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
    const compilerOptions = { strict: true, module: 'nodenext', target: 'es2023', types: [] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
    const { stdout } = spawnSync(process.execPath, [oxlint, '--type-aware', '-f', 'json', '.'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, OXLINT_TSGOLINT_PATH: join(root, 'node_modules/.bin/tsgolint') },
    });
    return (JSON.parse(stdout) as { diagnostics: Report[] }).diagnostics;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the boundary rules say to each of these imports: a message, or undefined. */
function judge(edges: readonly Edge[], keyword = 'import'): (string | undefined)[] {
  const files: Record<string, string> = {};
  const places = edges.map(([importer, specifier], index) => {
    const path = importer.endsWith('.ts') ? importer : `${importer}/planted.ts`;
    const text = `${files[path] ?? ''}${keyword} { thing${index} } from '${specifier}';\n`;
    files[path] = text;
    return { path, line: text.split('\n').length - 1 };
  });
  const reports = lint(files).filter(({ code }) => code === boundaryRule);
  return places.map(
    ({ path, line }) =>
      reports.find(({ filename, labels }) => filename === path && labels[0]?.span.line === line)
        ?.help,
  );
}

/** Who imports what it must not; one line for each edge that the rules forbid. */
const forbidden = [
  ['src/anything', '../../lab/ovh.ts'],
  ['src/anything', '@temporalio/testing'],
  ['src/xdg.ts', './spec/units.ts'],
  ['src/durable-file.ts', 'yaml'],

  ['src/spec', 'node:fs'],
  ['src/spec', 'ssh2'],
  ['src/spec', '@temporalio/common'],
  ['src/spec', '../ssh/exec.ts'],
  ['src/disk', 'node:crypto'],
  ['src/disk', '../activities/install.ts'],
  ['src/disk', '../xdg.ts'],
  ['src/run', 'pino'],
  ['src/run', '../workflows/server-run.ts'],
  ['src/run', '../os/os-target.ts'],
  ['src/contract.ts', './providers/provider.ts'],
  ['src/contract.ts', 'node:os'],

  ['src/ssh', '@temporalio/activity'],
  ['src/ssh', '../providers/provider.ts'],
  ['src/ssh', '../os/os-target.ts'],
  ['src/ssh', '../client.ts'],
  ['src/providers/ovh', '@temporalio/common'],
  ['src/providers/ovh', '../../ssh/exec.ts'],
  ['src/providers', '../activities/rescue.ts'],
  ['src/providers', '../worker.ts'],
  ['src/os/flatcar', 'node:http'],
  ['src/os/flatcar', 'ssh2'],
  ['src/os/flatcar', '../../ssh/exec.ts'],
  ['src/os', '../providers/provider.ts'],
  ['src/os', '../client.ts'],
  ['src/secrets', '@temporalio/common'],
  ['src/secrets', '../providers/provider.ts'],
  ['src/secrets', '../os/mirror.ts'],
  ['src/secrets', '../worker.ts'],
  ['src/settings', '@temporalio/common'],
  ['src/settings', '../ssh/exec.ts'],
  ['src/settings', '../providers/registry.ts'],
  ['src/settings', '../client.ts'],
  ['src/codec', '@temporalio/worker'],
  ['src/codec', '../dev/connection.ts'],
  ['src/codec', '../contract.ts'],

  ['src/activities', '@temporalio/client'],
  ['src/activities', '@temporalio/workflow'],
  ['src/activities', '../workflows/index.ts'],
  ['src/activities', '../cli/main.ts'],
  ['src/activities', '../client.ts'],
  ['src/workflows', 'node:crypto'],
  ['src/workflows', 'pino'],
  ['src/workflows', '@temporalio/client'],
  ['src/workflows', '@other/package'],
  ['src/workflows', '../activities/rescue.ts'],
  ['src/workflows', '../os/os-target.ts'],
  ['src/workflows', '../ssh/exec.ts'],
  ['src/workflows', '../secrets/secret.ts'],
  ['src/workflows', '../xdg.ts'],

  ['src/client.ts', '@temporalio/worker'],
  ['src/client.ts', './workflows/index.ts'],
  ['src/client', '../activities/rescue.ts'],
  ['src/client', '../worker.ts'],
  ['src/dev', '@temporalio/worker'],
  ['src/dev', '../cli/main.ts'],
  ['src/dev', '../client.ts'],
  ['src/toolchain', '@temporalio/client'],
  ['src/toolchain', '../secrets/master-secret.ts'],
  ['src/toolchain', '../contract.ts'],
  ['src/worker.ts', '@temporalio/testing'],
  ['src/worker.ts', './cli/main.ts'],
  ['src/worker.ts', './workflows/index.ts'],
  ['src/worker', '../client.ts'],
  ['src/cli/commands', '@temporalio/client'],
  ['src/cli/commands', '../../ssh/exec.ts'],
  ['src/cli/commands', '../../activities/rescue.ts'],
  ['src/cli/commands', '../../workflows/messages.ts'],
  ['src/cli/commands', '../../../lab/main.ts'],
  ['src/cli/place-rescue-key.ts', '../client.ts'],
  ['src/cli/place-rescue-key.ts', '@temporalio/client'],
  ['src/cli/place-rescue-key.ts', '../secrets/credentials.ts'],
] as const satisfies readonly Edge[];

/** What the shape of the design needs; the rules must not stand in its way. */
const allowed = [
  ['src/spec', 'zod'],
  ['src/spec', 'yaml'],
  ['src/disk', '../spec/units.ts'],
  ['src/contract.ts', './run/status.ts'],
  ['src/ssh', 'ssh2'],
  ['src/ssh', '../run/status.ts'],
  ['src/providers/ovh', '../../secrets/known-secrets.ts'],
  ['src/providers/ovh', './client.ts'],
  ['src/os/flatcar', 'openpgp'],
  ['src/os/flatcar', 'node:crypto'],
  ['src/activities', '../ssh/exec.ts'],
  ['src/activities', '@temporalio/activity'],
  ['src/workflows', '@temporalio/workflow'],
  ['src/workflows', '../disk/layout.ts'],
  ['src/workflows', './messages.ts'],
  ['src/client.ts', './contract.ts'],
  ['src/client.ts', '@temporalio/client'],
  ['src/worker.ts', './activities/index.ts'],
  ['src/worker.ts', '@temporalio/worker'],
  ['src/cli/commands', '../../client.ts'],
  ['src/cli/commands', '../../worker.ts'],
  ['src/cli/commands', './worker.ts'],
  ['src/cli', '../os/flatcar/user-config.ts'],
  ['src/cli/place-rescue-key.ts', '../ssh/exec.ts'],
  ['src/dev', '../toolchain/temporal-cli.ts'],
  ['src/codec', '@temporalio/common'],
  ['lab', '../src/client.ts'],
  ['lab/ovh', '../../src/providers/ovh/signature.ts'],
] as const satisfies readonly Edge[];

/** The edges that the rules answer otherwise than expected, as text. */
function wrong(edges: readonly Edge[], isForbidden: boolean, keyword?: string): string[] {
  const verdicts = judge(edges, keyword);
  return edges
    .filter((_, index) => (verdicts[index] !== undefined) !== isForbidden)
    .map((edge) => edge.join(' imports '));
}

describe('dependency direction', () => {
  test('every forbidden import is reported', () => {
    expect(wrong(forbidden, true)).toEqual([]);
  });

  test('every pattern of every rule has been broken', () => {
    const { overrides } = JSON.parse(readFileSync(join(root, '.oxlintrc.json'), 'utf8')) as {
      overrides: { rules: Record<string, 'off' | [string, { patterns: { message: string }[] }]> }[];
    };
    const messages = overrides.flatMap(({ rules }) => {
      const rule = rules['typescript/no-restricted-imports'];
      return Array.isArray(rule) ? rule[1].patterns.map(({ message }) => message) : [];
    });
    const seen = judge(forbidden);
    expect(messages.filter((message) => !seen.includes(message))).toEqual([]);
  });

  test('what the design needs is allowed', () => {
    expect(wrong(allowed, false)).toEqual([]);
  });

  test('types may come from where the design says so, and from nowhere else', () => {
    const types = [
      ['src/workflows', '../activities/rescue.ts'],
      ['src/run', '../os/os-target.ts'],
      ['src/settings', '../providers/provider.ts'],
    ] as const;
    expect(wrong(types, false, 'import type')).toEqual([]);
    const others = [
      ['src/workflows', '../ssh/exec.ts'],
      ['src/spec', '../activities/rescue.ts'],
      ['src/cli', '../workflows/messages.ts'],
    ] as const;
    expect(wrong(others, true, 'import type')).toEqual([]);
  });

  test('a re-export counts as an import', () => {
    expect(wrong([['src/ssh', '../providers/provider.ts']], true, 'export')).toEqual([]);
  });
});

describe('the other rules', () => {
  const call = 'async function call(): Promise<number> {\n  return 1;\n}\n';
  const lines = (count: number) => "  process.stdout.write('x');\n".repeat(count);
  const planted: Record<string, [text: string, code: string]> = {
    'src/floating.ts': [`${call}call();\n`, 'typescript(no-floating-promises)'],
    'src/misused.ts': [
      `${call}if (call()) call().catch(String);\n`,
      'typescript(no-misused-promises)',
    ],
    'src/switch.ts': [
      "export function f(x: 'a' | 'b') {\n  switch (x) {\n    case 'a':\n      return 1;\n  }\n}\n",
      'typescript(switch-exhaustiveness-check)',
    ],
    'src/any.ts': ['export const x: any = 1;\n', 'typescript(no-explicit-any)'],
    'src/ignore.ts': ['// @ts-ignore\nexport const x = 1;\n', 'typescript(ban-ts-comment)'],
    'src/default.ts': ['export default 1;\n', 'import(no-default-export)'],
    'src/cycle-a.ts': ["export { b as a } from './cycle-b.ts';\n", 'import(no-cycle)'],
    'src/cycle-b.ts': ["export { a as b } from './cycle-a.ts';\n", 'import(no-cycle)'],
    'src/type.ts': [
      "import { T } from './any.ts';\nexport type U = T;\n",
      'typescript(consistent-type-imports)',
    ],
    'src/function.ts': [`export function f() {\n${lines(71)}}\n`, 'eslint(max-lines-per-function)'],
    'src/file.ts': [lines(301), 'eslint(max-lines)'],
  };

  test('every planted violation is reported', () => {
    const texts = Object.entries(planted).map(([path, [text]]) => [path, text]);
    const reports = lint(Object.fromEntries(texts) as Record<string, string>);
    const missing = Object.entries(planted).filter(
      ([path, [, code]]) => !reports.some((one) => one.filename === path && one.code === code),
    );
    expect(missing.map(([path]) => path)).toEqual([]);
  });

  test('a clean file is not reported', () => {
    expect(lint({ 'src/clean.ts': `${call}export const one = await call();\n` })).toEqual([]);
  });
});
