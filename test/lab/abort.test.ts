import { open } from 'node:fs/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { makeDemoKey } from '../../lab/demo-key.ts';
import type { LabServerView } from '../../lab/server-view.ts';
import type { LiveStatus } from '../../src/client/live-status.ts';
import { abortTable } from '../abort-table.ts';
import type { ProvisionPhase as Phase } from '../abort-table.ts';
import { until } from '../until.ts';
import { Instance } from './instance.ts';

/**
 * An abort in each phase on a real machine, held against docs/guide/abort.md. One machine goes
 * through all of them, so that each begins where the one before has left it: that too must go well.
 * `npm run test:abort` runs it; `npm test` has each phase on a fake field (test/workflow).
 */
const everyPhase = process.env['IRONSTEP_ABORT'] === 'every-phase';
let instance: Instance;
let serial: string;

beforeAll(async () => {
  instance = await Instance.start({ net: '127.0.85', servers: 'core1:KS-2c' });
  await makeDemoKey(`${instance.folder}/demo`);
  serial = (await machine()).disks[0]?.serial ?? '';
});
afterAll(() => instance?.stop());

const machine = (): Promise<LabServerView> => instance.lab.server('core1').status();

function spec(apply: 'presize' | 'shrink'): string {
  const { service, sshPort } = instance.lab.server('core1');
  const content = {
    server: 'core1',
    provider: { kind: 'ovh', service, account: 'lab' },
    image: { os: 'flatcar', mirror: 'lab' },
    disk: { serial },
    ssh: { port: sshPort, authorizedKeys: ['demo.pub'] },
    layout: {
      apply,
      root: apply === 'presize' ? '20GiB' : '19GiB',
      partitions: [{ name: 'data', size: 'rest', filesystem: 'ext4', mount: '/srv/data' }],
    },
  };
  return instance.file(`${apply}.yaml`, stringify(content));
}

/** What lies at the places that decide whether the disk boots. */
async function bootable(): Promise<boolean> {
  const [disk] = (await machine()).disks;
  await using file = await open(disk?.file ?? '');
  const read = async (position: number) =>
    (await file.read(Buffer.alloc(512), 0, 512, position)).buffer;
  const size = (await file.stat()).size;
  const [bootSector, header, backup] = await Promise.all([read(0), read(512), read(size - 512)]);
  const isTable = (sector: Buffer) => sector.subarray(0, 8).toString('latin1') === 'EFI PART';
  return isTable(header) || isTable(backup) || bootSector.some((byte) => byte !== 0);
}

/** Runs until `isThere`, aborts, and compares with the row of the phase that the abort met. */
async function abortWhen(
  apply: 'presize' | 'shrink',
  isThere: (status: LiveStatus) => boolean,
  wipe = serial,
): Promise<Phase> {
  const before = await machine();
  const run = await instance.start(spec(apply), wipe === '' ? {} : { wipe });
  await until(async () => isThere(await instance.status('core1')), 300_000);
  const phase = (await instance.abort(run)) as Phase;
  const ended = async () => (await instance.status('core1')).state === 'aborted';
  await until(ended, 600_000);
  const promised = abortTable()[phase];
  const after = await machine();
  expect(after.settings, `settings after an abort in ${phase}`).toEqual(before.settings);
  const disk = {
    untouched: after.writtenBytes === before.writtenBytes ? 'untouched' : 'written to',
    'does not boot': (await bootable()) ? 'boots' : 'does not boot',
    'the new system': (await bootable()) ? 'the new system' : 'does not boot',
  }[promised.disk];
  expect(disk, `disk after an abort in ${phase}`).toBe(promised.disk);
  if (promised.serverRuns === 'rescue') expect(after.runs).toBe('rescue');
  if (promised.serverRuns === 'the new system') expect(after.runs).toBe('disk');
  return phase;
}

const inPhase =
  (phase: Phase) =>
  ({ timeline }: LiveStatus): boolean =>
    timeline.at(-1)?.phase === phase;
const writing = ({ progress }: LiveStatus): boolean =>
  /writing the image/.test(progress?.label ?? '');
const shrinking = ({ progress }: LiveStatus): boolean => /ROOT/.test(progress?.label ?? '');

it.runIf(everyPhase)('install: what is left does not boot, and rescue stays up', async () => {
  expect(await abortWhen('presize', writing)).toBe('install');
});

it.runIf(everyPhase)('every other phase leaves what the page promises', async () => {
  const met = new Set<Phase>(['install']);
  for (const phase of ['preflight', 'rescue', 'inspect', 'boot'] as const) {
    met.add(await abortWhen('presize', inPhase(phase)));
  }
  for (const phase of ['first-boot', 'verify', 'handover'] as const) {
    met.add(await abortWhen('presize', inPhase(phase)));
  }
  // Another layout on a disk with contents: it waits for a yes.
  met.add(await abortWhen('shrink', ({ attention }) => attention?.kind === 'approval', ''));
  const token = /--wipe (\S+)/.exec(await approvalAsked())?.[1] ?? '';
  met.add(await abortWhen('shrink', shrinking, token));
  expect([...met].toSorted()).toEqual(
    [...Object.keys(abortTable())].toSorted(), //
  );
});

/** The command that an approval names; the run is stopped again. */
async function approvalAsked(): Promise<string> {
  const run = await instance.start(spec('shrink'), {});
  await until(async () => (await instance.status('core1')).state === 'waiting', 300_000);
  const { attention } = await instance.status('core1');
  await instance.abort(run);
  await until(async () => (await instance.status('core1')).state === 'aborted', 600_000);
  return attention?.actions[0]?.command ?? '';
}
