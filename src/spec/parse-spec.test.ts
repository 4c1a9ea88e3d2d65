import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseSpec } from './parse-spec.ts';
import { SpecError } from './spec-error.ts';

const good = `
server: core1
provider: { kind: ovh, service: ns3012345.ip-5-39-80.eu, account: lab }
image: { os: flatcar }
disk: { serial: WD-WCC4M0KS2A01 }
layout:
  apply: shrink
  root: 100GiB
  partitions:
    - { name: data, size: 1TiB, filesystem: ext4, mount: /srv/data }
    - { name: containers, size: rest, filesystem: btrfs, mount: /var/lib/docker }
`.trimStart();

function complaint(text: string): string {
  try {
    parseSpec(text, 'core1.yaml');
  } catch (error) {
    if (error instanceof SpecError) return error.message;
    throw error;
  }
  throw new Error('this spec was accepted');
}

describe('a good spec', () => {
  it('has its defaults filled in, sizes in bytes and durations in milliseconds', () => {
    expect(parseSpec(good, 'core1.yaml')).toEqual({
      server: 'core1',
      provider: { kind: 'ovh', service: 'ns3012345.ip-5-39-80.eu', account: 'lab' },
      image: { os: 'flatcar', channel: 'stable' },
      config: {},
      disk: { serial: 'WD-WCC4M0KS2A01' },
      ssh: { port: 22, authorizedKeys: [] },
      layout: {
        apply: 'shrink',
        root: 100 * 2 ** 30,
        partitions: [
          { name: 'data', size: 2 ** 40, filesystem: 'ext4', mount: '/srv/data' },
          { name: 'containers', size: 'rest', filesystem: 'btrfs', mount: '/var/lib/docker' },
        ],
      },
      rescue: {
        giveUpAfter: 40 * 60_000,
        ladder: ['in-band-reboot', 'hard-reset', 're-arm'],
      },
    });
  });

  it('may use anchors, and be without a layout', () => {
    const spec = parseSpec(
      good.replace(/layout:[^]*/, 'ssh: { port: &p 2222 }\nrescue: { giveUpAfter: 90s }\n'),
      'core1.yaml',
    );
    expect([spec.layout, spec.ssh.port, spec.rescue.giveUpAfter]).toEqual([
      undefined,
      2222,
      90_000,
    ]);
  });
});

describe('a key that is not known', () => {
  it('is told with line, column, path and what was probably meant', () => {
    expect(complaint(good.replace('  partitions:', '  partions:'))).toBe(
      'core1.yaml:8:3  layout.partions: unknown key. Did you mean layout.partitions?',
    );
  });

  it('is told once when it is a required key misspelt', () => {
    expect(complaint(good.replace('server: core1', 'serevr: core1'))).toBe(
      'core1.yaml:1:1  serevr: unknown key. Did you mean server?',
    );
  });

  it('is found in another place of the spec', () => {
    expect(complaint(`${good}filesystem: ext4\nroot: 5GiB\n`)).toContain(
      'root: unknown key. Did you mean layout.root?',
    );
  });

  it('inside a partition is told by the number of the partition', () => {
    expect(complaint(good.replace('filesystem: btrfs', 'fileystem: btrfs'))).toBe(
      'core1.yaml:10:39  layout.partitions[1].fileystem: unknown key. ' +
        'Did you mean layout.partitions[1].filesystem?',
    );
  });
});

describe('a value that cannot be used', () => {
  it.each([
    ['root: 100GiB', 'root: 100', 'core1.yaml:7:9  layout.root: write it like 100GiB'],
    ['root: 100GiB', 'root: lots', 'core1.yaml:7:9  layout.root: "lots" is not a size'],
    ['root: 100GiB', 'root:', 'core1.yaml:7:3  layout.root: has no value; expected text.'],
    ['size: rest', 'size: rset', 'layout.partitions[1].size: write it like 100GiB, 500GB, or rest'],
    ['size: rest', 'size: 1MiB', 'size: too small for btrfs, which needs 128 MiB.'],
    ['btrfs', 'btfrs', '"btfrs" is not known here, one of ext4, btrfs. Did you mean btrfs?'],
    ['serial: WD-WCC4M0KS2A01', 'serial: 4711', 'disk.serial: expected text, found number 4711.'],
    ['serial: WD-WCC4M0KS2A01', 'serail: X', 'disk.serail: unknown key. Did you mean disk.serial?'],
    [
      'serial: WD-WCC4M0KS2A01',
      'serial: X, only: true',
      'disk: say which disk in one of three ways',
    ],
    ['disk: { serial: WD-WCC4M0KS2A01 }', 'disk: sda', 'disk: say which disk in one of three ways'],
    ['server: core1', 'server: Core_1', 'server: use lower-case letters, digits and hyphens.'],
    ['server: core1\n', '', 'core1.yaml:1:1  server: is missing.'],
    ['service: ns3012345.ip-5-39-80.eu, ', '', 'core1.yaml:2:11  provider.service: is missing.'],
    ['kind: ovh', 'kind: ovhh', '"ovhh" is not known here, only ovh. Did you mean ovh?'],
    [
      'os: flatcar',
      'os: flatcar, version: 4593.2',
      'expected text, found number 4593.2. Write it in',
    ],
    ['{ os: flatcar }', '[flatcar]', 'image: expected keys with values, found a list.'],
  ])('%s → %s', (before, after, expected) => {
    expect(complaint(good.replace(before, after))).toContain(expected);
  });

  it('does not hide a second one', () => {
    const bad = good.replace('kind: ovh', 'kind: aws').replace('root: 100GiB', 'root: 1 banana');
    expect(complaint(bad).split('\n')).toHaveLength(2);
  });
});

describe('partitions that do not go together', () => {
  it.each([
    ['name: containers', 'name: data', 'partitions[1].name: data is already used by partitions[0]'],
    ['/var/lib/docker', '/srv//data', 'mount: /srv/data is already used by partitions[0]'],
    ['size: 1TiB', 'size: rest', 'only one partition can take the rest, and partitions[0] does'],
    ['name: data', 'name: oem', 'oem is the name of a partition of the system'],
    ['name: data', 'name: a-name-much-too-long', 'a partition name has at most 16 letters'],
    ['/srv/data', '/usr/local', 'mount: /usr belongs to the system'],
    ['/srv/data', '/srv/../usr', 'a mount point is written without . and ..'],
    ['/srv/data', 'srv', 'mount: an absolute path without spaces'],
  ])('%s → %s', (before, after, expected) => {
    expect(complaint(good.replace(before, after))).toContain(expected);
  });
});

describe('a file that is no spec', () => {
  it.each([
    ['', 'core1.yaml  is empty; a spec begins with server: NAME.'],
    ['# nothing\n', 'core1.yaml  is empty; a spec begins with server: NAME.'],
    ['server: [core1\n', 'core1.yaml:2:1  this is not YAML:'],
    ['server:\n\t- x\n', 'core1.yaml:2:1  a tab; YAML is indented with spaces.'],
    [`${good}server: core2\n`, 'core1.yaml:11:1  this key is already there above'],
    [`${good}---\nserver: core2\n`, 'a second YAML document; one file is the spec of one server.'],
    ['server: !secret x\n', 'core1.yaml:1:9  a tag (!) that means nothing here'],
    ['server: *nobody\n', 'core1.yaml  this is not YAML: Unresolved alias'],
    ['just words\n', 'core1.yaml:1:1  expected keys with values, found "just words".'],
  ])('%j', (text, expected) => {
    expect(complaint(text)).toContain(expected);
  });
});

it('whatever is written is a spec or a SpecError, never another failure', () => {
  const edit = fc.record({
    from: fc.nat(good.length),
    length: fc.nat(40),
    text: fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constantFrom(
        '*a',
        '&a ',
        '<<: ',
        '? ',
        '- ',
        '!!str ',
        '{}',
        '[',
        '\n',
        '\t',
        '__proto__: ',
      ),
    ),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      const text = edits.reduce(
        (before, { from, length, text: added }) =>
          before.slice(0, from) + added + before.slice(from + length),
        good,
      );
      try {
        expect(parseSpec(text, 'core1.yaml').image.os).toBe('flatcar');
      } catch (error) {
        expect(error).toBeInstanceOf(SpecError);
        expect((error as SpecError).message).toMatch(/^core1\.yaml(:\d+:\d+)? {2}\S/);
      }
    }),
    { numRuns: 500 },
  );
});
