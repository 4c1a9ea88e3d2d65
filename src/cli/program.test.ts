import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { cliContext } from '../../test/fixtures/cli-context.ts';
import { ready, refused, shrinking, waitingForApproval } from '../../test/fixtures/example-runs.ts';
import { NoWorker, RequestRefused, RunAlreadyGoing } from '../client/client-errors.ts';
import { TemporalUnreachable } from '../run/temporal-errors.ts';
import { visibleCommands } from './command-tree.ts';
import { exitCode } from './exit-code.ts';
import { buildProgram, runProgram } from './program.ts';

describe('help', () => {
  test('names every command and every exit code', async () => {
    const { context, out } = cliContext();
    expect(await runProgram(['--help'], context)).toBe(0);
    for (const { name, description } of describedCommands()) {
      expect(out()).toMatch(new RegExp(`^  ${name} .* ${description}\\b`, 'm'));
    }
    // What nobody put into a group would stand under commander's own heading.
    expect(out()).not.toContain('\nCommands:\n');
    expect(out()).toMatch(
      /^Once it is installed:\n {2}rescue <server> .*\n(.*\n)* {2}settings show\|restore {2}/m,
    );
    const codes = Object.values(exitCode).map((code) => String(code));
    const block = /\nExit codes:\n((?: {2}.*\n)+)/.exec(out())?.[1] ?? '';
    expect(block.match(/^ +\d+/gm)?.map((code) => code.trim())).toEqual(codes);
  });
});

/** Of each command its name and how its description begins. */
function describedCommands() {
  return visibleCommands(buildProgram(cliContext().context)).map((command) => ({
    name: command.name(),
    description: command.description().split(' ')[0],
  }));
}

describe('a wrong command line is usage (2), and nothing is asked of anybody', () => {
  test.each([
    [['provison'], 'Did you mean provision?'],
    [['status'], "missing required argument 'server'"],
    [['approve', 'core1'], '--wipe'],
    [['list', '--jsno'], 'Did you mean --json?'],
    [['dev', '--stop', '--background'], 'contradict'],
  ])('%j', async (args, words) => {
    const { context, err, out } = cliContext();
    expect(await runProgram(args, context)).toBe(2);
    expect(err()).toContain(words);
    expect(out()).toBe('');
  });
});

describe('errors', () => {
  test.each([
    [new TemporalUnreachable('localhost:7233'), 4, 'To start Temporal'],
    [new NoWorker('core1'), 4, '  npx ironstep worker'],
    [new RequestRefused('this run waits for no approval'), 1, 'waits for no approval'],
  ])('%s', async (error, code, words) => {
    const fail = async () => Promise.reject(error);
    const { context, err } = cliContext({ approve: fail });
    const args = ['approve', 'core1', '--wipe', 'SERIAL'];
    expect(await runProgram(args, context)).toBe(code);
    expect(err()).toContain(words);
    expect(err()).not.toMatch(/\n\s+at /);
  });

  test('an unknown error is one line and a way to see more', async () => {
    const fail = async () => Promise.reject(new Error('boom'));
    const plain = cliContext({ list: fail });
    expect(await runProgram(['list'], plain.context)).toBe(1);
    expect(plain.err()).toMatch(/^boom\n.*run again with --verbose\.\n$/);
    const verbose = cliContext({ list: fail });
    expect(await runProgram(['list', '--verbose'], verbose.context)).toBe(1);
    expect(verbose.err()).toMatch(/\n\s+at /);
  });

  test('a known error is found behind what a library wraps around it', async () => {
    const wrapped = new Error('data converter failed', { cause: new NoWorker('core1') });
    const { context } = cliContext({ list: async () => Promise.reject(wrapped) });
    expect(await runProgram(['list'], context)).toBe(4);
  });
});

describe('watching without a terminal', () => {
  test.each([
    [ready, 0, 'core1 is ready after 3m58s'],
    [refused, 1, 'Refused: core1'],
    [waitingForApproval, 3, 'npx ironstep approve core2 --wipe Z1D5KS2B:7c1e90'],
  ])('a run that is $state', async (status, code, words) => {
    const { context, out } = cliContext({ status: async () => status });
    expect(await runProgram(['watch', status.server], context)).toBe(code);
    expect(out()).toContain(words);
  });

  test('with --json: one document on stdout, the events on stderr', async () => {
    const { context, out, err } = cliContext({ status: async () => ready });
    expect(await runProgram(['watch', 'core1', '--json'], context)).toBe(0);
    expect(JSON.parse(out())).toEqual(ready);
    expect(err()).toContain('✔ handover done');
  });

  test('a server that is not as its spec says is a failure', async () => {
    const report = ready.report;
    if (report === undefined) throw new Error('the example has a report');
    const wrong = { ...ready, report: { ...report, ok: false } };
    const { context } = cliContext({ status: async () => wrong });
    expect(await runProgram(['watch', 'core1'], context)).toBe(1);
  });

  test('Ctrl-C leaves the run going and says how to come back', async () => {
    const { context, err, interruption } = cliContext({ status: async () => shrinking });
    interruption.abort();
    expect(await runProgram(['watch', 'core1'], context)).toBe(130);
    expect(err()).toContain('npx ironstep watch core1');
    expect(err()).toContain('goes on without you');
  });
});

test('abort tells what was put back, and an aborted run is what was asked for', async () => {
  const ending =
    "Stopped by me@desk. The disk was not touched. The provider's settings were put back.";
  const { context, out } = cliContext({
    abort: async () => ({ phase: 'approve', message: 'stops where it is safe' }),
    status: async () => ({ ...refused, state: 'aborted', ending }),
  });
  expect(await runProgram(['abort', 'core1', '--reason', 'wrong server'], context)).toBe(0);
  expect(out()).toContain('The disk was not touched.');
});

describe('validate', () => {
  test('a bad spec is usage (2) and the others are still checked', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ironstep-cli-'));
    const bad = join(folder, 'bad.yaml');
    await writeFile(bad, 'server: [\n');
    const { context, err, out } = cliContext();
    expect(await runProgram(['validate', bad, join(folder, 'none.yaml')], context)).toBe(2);
    expect(err()).toContain('bad.yaml');
    expect(err()).toContain('none.yaml');
    expect(out()).toBe('');
    await rm(folder, { recursive: true });
  });
});

test('a second run of a server is not started', async () => {
  const going = new RunAlreadyGoing('core1', 'install', 'server/ovh/ns1');
  expect(going.message).toContain('has a run already, in phase install');
  expect(going.message).toContain('ironstep watch core1');
});
