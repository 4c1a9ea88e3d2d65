import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Command } from 'commander';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

import { cliContext } from '../../test/fixtures/cli-context.ts';
import { commandCases } from '../../test/fixtures/command-cases.ts';
import type { Call } from '../../test/fixtures/command-case.ts';
import { completeSpec } from '../../test/fixtures/complete-spec.ts';
import { TemporalUnreachable } from '../run/temporal-errors.ts';
import { leafCommands, nameOf } from './command-tree.ts';
import { examplesOf } from './examples.ts';
import { exitCode } from './exit-code.ts';
import { buildProgram, runProgram } from './program.ts';

const commands = leafCommands(buildProgram(cliContext().context));
const named = commands.map((command): [string, Command] => [nameOf(command), command]);
const cases = Object.entries(commandCases);

const laidOut: Record<string, string> = {
  SPEC: 'demo.yaml',
  'BAD-SPEC': 'bad.yaml',
  'OPEN-CONFIG': 'open',
  KEY: 'demo.pub',
  'PRIVATE-KEY': 'demo',
};
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ironstep-commands-'));
  completeSpec(folder);
  writeFileSync(join(folder, 'bad.yaml'), 'server: [\n');
  writeFileSync(join(folder, 'demo'), '-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n');
  mkdirSync(join(folder, 'open', 'ironstep'), { recursive: true });
  writeFileSync(join(folder, 'open', 'ironstep', 'credentials.yaml'), '', { mode: 0o644 });
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => void vi.unstubAllEnvs());

/** Runs the command with the case's arguments, its Temporal and its environment. */
async function call(
  name: string,
  { args, runs = {}, env = {}, input = '', placeRescueKey }: Call,
  more: { args?: string[]; away?: boolean } = {},
) {
  const real = (word: string) => (word in laidOut ? join(folder, laidOut[word] ?? '') : word);
  const variables = { XDG_STATE_HOME: folder, XDG_CONFIG_HOME: folder, ...env };
  for (const [key, value] of Object.entries(variables)) vi.stubEnv(key, real(value));
  const { context, out, err } = cliContext(runs);
  context.readInput = async () => input;
  if (placeRescueKey !== undefined) context.placeRescueKey = placeRescueKey;
  if (more.away) context.openRuns = () => Promise.reject(new TemporalUnreachable('localhost:7233'));
  const words = [...name.split(' '), ...args, ...(more.args ?? [])].map(real);
  return { code: await runProgram(words, context), out: out(), err: err() };
}

test('every command has its row in test/fixtures/command-cases.ts', () => {
  expect(Object.keys(commandCases)).toEqual(named.map(([name]) => name));
});

describe.each(named)('%s', (name, command) => {
  test('says what it does, and what each argument and option is', () => {
    expect(command.description()).toMatch(/^[a-z].*[^.]$/);
    const parts = [...command.registeredArguments, ...command.options];
    for (const part of parts)
      expect([part.name(), part.description]).toEqual([part.name(), expect.stringMatching(/\w/)]);
  });

  test('has help, with an example', async () => {
    const { context, out } = cliContext();
    const words = name.split(' ');
    expect(await runProgram(words.toSpliced(-1, 0, 'help'), context)).toBe(0);
    expect(out()).toMatch(new RegExp(`^Usage: ironstep ${name}\\b`));
    expect(out()).toContain(`Examples:\n  npx ironstep ${name}`);
  });

  test('its examples are command lines that it takes', async () => {
    expect(examplesOf(command)).not.toEqual([]);
    for (const [line] of examplesOf(command)) {
      // What stands behind `>` is the shell's.
      const [called, ...words] = (line.split(' > ')[0]?.match(/"[^"]*"|\S+/g) ?? []).map((w) =>
        w.replaceAll('"', ''),
      );
      expect(called).toBe('ironstep');
      const { context, err } = cliContext();
      const program = buildProgram(context);
      let ran: string | undefined;
      for (const leaf of leafCommands(program)) leaf.action(() => void (ran = nameOf(leaf)));
      await program.parseAsync(words, { from: 'user' });
      expect([line, ran, err()]).toEqual([line, name, '']);
    }
  });
});

describe.each(cases)('%s', (name, { json, errors }) => {
  const takesJson = commands.some(
    (command) => nameOf(command) === name && command.options.some(({ long }) => long === '--json'),
  );

  test('--json: one document on stdout, or a reason to have none', async () => {
    expect(takesJson).toBe(typeof json !== 'string');
    if (typeof json === 'string') return expect(json).toMatch(/\w/);
    const { code, out } = await call(name, json, { args: ['--json'] });
    expect(JSON.parse(out)).toMatchObject(json.document as object);
    expect(code).toBe(json.code ?? exitCode.ok);
  });

  test('fails in words, on stderr', async () => {
    expect(errors).not.toEqual([]);
    for (const failure of errors) {
      const { code, out, err } = await call(name, failure);
      const result = failure.as === 'result';
      expect([failure.args, code, result ? err : out]).toEqual([failure.args, failure.code, '']);
      expect(result ? out : err).toContain(failure.says);
    }
  });
});

const asking = cases.filter(([, { asksTemporal }]) => asksTemporal);

test.each(asking)('%s says that Temporal is away, and what to start', async (name, { json }) => {
  const given = typeof json === 'string' ? { args: [] } : json;
  const { code, out, err } = await call(name, given, { away: true });
  expect({ code, out }).toEqual({ code: exitCode.unreachable, out: '' });
  expect(err).toContain('npx ironstep dev');
});
