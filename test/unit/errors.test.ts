import { dirname, join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { errorClasses } from '../../scripts/docs/error-classes.ts';
import { placesOf, places } from '../../scripts/docs/error-pages.ts';
import { sourceFiles } from '../../scripts/docs/source-files.ts';
import type { SourceFile } from '../../scripts/docs/source-files.ts';
import { exitCodesByError } from '../../src/cli/errors.ts';
import { QuestionRefused, RequestRefused } from '../../src/client/client-errors.ts';
import { roughFit } from '../../src/disk/layout.ts';
import { ConfigRefused } from '../../src/os/flatcar/user-config.ts';
import { refusalError } from '../../src/providers/ovh/refusal.ts';
import { parseSpec } from '../../src/spec/parse-spec.ts';
import { RemoteCommandFailed } from '../../src/ssh/errors.ts';
import { neverRetried, rebooted, refusals } from '../../src/workflows/failure-policy.ts';

const files = sourceFiles();
const errors = errorClasses(files.values());
const byName = new Map(errors.map((error) => [error.name, error]));
/** What a class that others extend has in common with them is said on their pages. */
const thrown = errors.filter(({ abstract }) => !abstract);

/** Errors whose message is made of parts: made here as the code makes them. */
const made: Record<string, () => Error> = {
  LayoutDoesNotFit: () => {
    const data = { name: 'data', size: 10 * 2 ** 30, filesystem: 'ext4' } as const;
    const layout = { apply: 'presize', root: 100 * 2 ** 30, partitions: [data] } as const;
    return thrownBy(() => roughFit({ ...layout, partitions: [data] }, 40_020_664_320, 'ns3011111'));
  },
  ProviderAccessRefused: () =>
    refusalError({
      request: 'GET https://eu.api.kimsufi.com/1.0/dedicated/server/ns3012345',
      method: 'GET',
      status: 403,
      errorCode: 'INVALID_KEY',
      errorClass: 'Client::Forbidden',
      message: 'Invalid key',
      missingRights: null,
      requestId: 'EU.ext-1',
    }),
  ConfigRefused: () =>
    new ConfigRefused('core1', [
      { file: 'core1.ign', message: 'unit docker-data.mount is made by ironstep; leave it out' },
    ]),
  RemoteCommandFailed: () =>
    new RemoteCommandFailed('127.0.77.1:22', 'exited with 127', {
      command: 'sh inspect.sh',
      exitCode: 127,
      exitSignal: null,
      stdout: '',
      stderr: 'inspect.sh: lsblk: not found\n',
      durationMs: 12,
    }),
  RequestRefused: () => new RequestRefused('this run waits for no approval'),
  QuestionRefused: () =>
    new QuestionRefused('layout.root: 100 GiB does not fit on ns3011111.', 'LayoutDoesNotFit'),
  SpecError: () => {
    const spec = `
server: core1
provider:
  kind: ovh
  service: ns3012345.ip-5-39-80.eu
  account: kimsufi
image:
  os: flatcar
disk:
  only: true
layout:
  root: 100GiB
  partions: []
`;
    return thrownBy(() => parseSpec(spec, 'core1.yaml'));
  },
};

function thrownBy(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}

describe.each(thrown.map((error) => [error.name, error] as const))('%s', (name, error) => {
  const { text, tags } = error.doc;

  test('says in its doc comment what it means, where it is met, what was changed, what to do', () => {
    const needed = ['where', 'changed', 'remedy', ...(tags.has('within') ? [] : ['example'])];
    expect(text).toMatch(/\w.*[.]$/);
    expect(needed.filter((tag) => (tags.get(tag) ?? '') === '')).toEqual([]);
    expect(
      placesOf(error).filter((place) => !(places as readonly string[]).includes(place)),
    ).toEqual([]);
  });

  test('gives an example that is one of its messages', () => {
    const example = tags.get('example');
    if (example === undefined) return expect(tags.get('within')).toMatch(/\w/);
    const make = made[name];
    if (make !== undefined) return expect(make().message).toContain(example);
    expect(
      error.messages.some((message) => message.test(example)),
      example,
    ).toBe(true);
  });
});

describe('what the rules call by name is an error class', () => {
  test.each([...neverRetried, ...refusals, rebooted])('%s', (name) => {
    expect([...byName.keys()]).toContain(name);
  });
});

describe('the exit codes of the command line', () => {
  test('are of errors that can be met there, or when a worker starts', () => {
    const strangers = Object.keys(exitCodesByError).filter((name) => {
      const error = byName.get(name);
      const met = error === undefined ? [] : placesOf(error);
      return !met.includes('command line') && !met.includes('worker');
    });
    expect(strangers).toEqual([]);
  });

  test('miss none of them', () => {
    const met = thrown.filter(
      (error) => placesOf(error).includes('command line') || placesOf(error).includes('worker'),
    );
    const missing = met.filter(
      ({ name, doc }) => !(name in exitCodesByError) && !doc.tags.has('within'),
    );
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  test('miss none that a module of the command line brings along', () => {
    const modules = modulesBehind('src/cli/main.ts', new Set(['src/worker.ts']));
    expect(modules).toContain('src/client.ts');
    const brought = thrown.filter(({ path }) => modules.has(path));
    const missing = brought.filter(
      ({ name, doc }) => !(name in exitCodesByError) && !doc.tags.has('within'),
    );
    expect(missing.map(({ name, path }) => `${name} of ${path}`)).toEqual([]);
  });
});

/** All modules of src that one loads, now or later, for more than types; not through `closed`. */
function modulesBehind(root: string, closed: Set<string>): Set<string> {
  const seen = new Set<string>();
  const visit = (path: string): void => {
    const file = files.get(path);
    if (file === undefined || seen.has(path) || closed.has(path)) return;
    seen.add(path);
    for (const request of requestsOf(file)) visit(join(dirname(path), request));
  };
  visit(root);
  return seen;
}

function requestsOf({ text, parsed }: SourceFile): string[] {
  const { staticImports, staticExports, dynamicImports } = parsed.module;
  const named = staticImports.filter(({ entries }) => entries.some(({ isType }) => !isType));
  return [
    ...named.map(({ moduleRequest }) => moduleRequest.value),
    ...staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest, isType }) =>
        moduleRequest && !isType ? [moduleRequest.value] : [],
      ),
    ),
    ...dynamicImports.map(({ moduleRequest: { start, end } }) => text.slice(start + 1, end - 1)),
  ];
}
