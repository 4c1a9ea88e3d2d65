import { open } from 'node:fs/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { makeDemoKey } from '../../lab/demo-key.ts';
import type { LabServerView } from '../../lab/server-view.ts';
import type { LiveStatus } from '../../src/client/live-status.ts';
import type { RunReference } from '../../src/client.ts';
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

/** What rescue systems wrote to the disk; an installed system writes whenever it runs. */
async function writtenInRescue(): Promise<number> {
  const { boots } = await machine();
  return boots
    .filter(({ target }) => target === 'rescue')
    .reduce((sum, { writtenBytes }) => sum + writtenBytes, 0);
}

type Abort = {
  phase: Phase;
  apply: 'presize' | 'shrink';
  wipe?: string;
  /** When it is sent. */
  at?: (status: LiveStatus) => boolean;
};

/**
 * Aborts a run in this phase and compares what is left with its row. Returns how the run was then.
 * A phase may be over when the abort arrives: then what is left is compared with the row of the one
 * that it met, and the next run is tried.
 */
async function abortIn({ phase, apply, wipe = serial, at = inPhase(phase) }: Abort) {
  for (let tries = 1; tries <= triesMax; tries += 1) {
    const before = await machine();
    const writtenBefore = await writtenInRescue();
    const run = await instance.start(spec(apply), wipe === '' ? {} : { wipe });
    const seen = await statusWhen(run, at);
    const met = (await instance.abort(run)) as Phase;
    await over(run);
    const untouched = (await writtenInRescue()) === writtenBefore;
    await compare(met, before, untouched);
    if (met === phase) return seen;
  }
  throw new Error(`${triesMax} aborts came too late for ${phase}`);
}

/** Throws when the run ends, or waits for a person, before it comes to that. */
async function statusWhen(
  run: RunReference,
  judge: (status: LiveStatus) => boolean,
): Promise<LiveStatus> {
  let status = await instance.runs.status(run);
  await until(async () => {
    status = await instance.runs.status(run);
    if (judge(status) || status.state === 'running') return judge(status);
    const { title, detail } = status.attention ?? { title: status.ending, detail: [] };
    throw new Error(`it is ${status.state}: ${[title, ...detail].join(' ')}`);
  }, 600_000);
  return status;
}

/** A run that waited when the abort came shows that for a moment more. */
async function over(run: RunReference): Promise<void> {
  await until(async () => {
    const { state } = await instance.runs.status(run);
    if (state !== 'running' && state !== 'waiting') expect(state).toBe('aborted');
    return state === 'aborted';
  }, 600_000);
}

async function compare(met: Phase, before: LabServerView, untouched: boolean): Promise<void> {
  const promised = abortTable()[met];
  const after = await machine();
  expect(after.settings, `settings after an abort in ${met}`).toEqual(before.settings);
  const boots = await bootable();
  const disk = {
    untouched: untouched ? 'untouched' : 'written to',
    'does not boot': boots ? 'boots' : 'does not boot',
    'the new system': boots ? 'the new system' : 'does not boot',
  }[promised.disk];
  expect(disk, `disk after an abort in ${met}`).toBe(promised.disk);
  if (promised.serverRuns === 'rescue') expect(after.runs).toBe('rescue');
  if (promised.serverRuns === 'the new system') expect(after.runs).toBe('disk');
}

function inPhase(phase: Phase): (status: LiveStatus) => boolean {
  return ({ timeline }) => timeline.at(-1)?.phase === phase;
}

const working =
  (label: RegExp) =>
  ({ progress }: LiveStatus): boolean =>
    label.test(progress?.label ?? '');

const triesMax = 4;

it.runIf(everyPhase)('install: what is left does not boot, and rescue stays up', async () => {
  await abortIn({ phase: 'install', apply: 'presize', at: working(/writing the image/) });
});

it.runIf(everyPhase)('preflight: nothing is changed', async () => {
  await abortIn({ phase: 'preflight', apply: 'presize' });
});

it.runIf(everyPhase)('rescue: on its way up it is left to come up', async () => {
  await instance.lab.server('core1').reset(); // out of the session that is up
  await abortIn({ phase: 'rescue', apply: 'presize' });
});

it.runIf(everyPhase).each(['inspect', 'boot', 'first-boot', 'verify', 'handover'] as const)(
  '%s: as the page says',
  async (phase) => {
    await abortIn({ phase, apply: 'presize' });
  },
);

it.runIf(everyPhase)(
  'approve and repartition: nothing before the yes, all of it after',
  async () => {
    const asked = await abortIn({ phase: 'approve', apply: 'shrink', wipe: '', at: waits });
    const wipe = /--wipe (\S+)/.exec(asked.attention?.actions[0]?.command ?? '')?.[1] ?? '';
    await abortIn({ phase: 'repartition', apply: 'shrink', wipe, at: working(/ROOT/) });
  },
);

/** Another layout on a disk with contents: it waits for a yes. */
function waits({ attention }: LiveStatus): boolean {
  return attention?.kind === 'approval';
}
