import { afterAll, beforeAll, expect, it } from 'vitest';

import { messages } from '../../src/contract.ts';
import { abortTable } from '../abort-table.ts';
import type { ProvisionPhase } from '../abort-table.ts';
import { requestOf } from '../fixtures/provision-request.ts';
import { until } from '../until.ts';
import { FakeField } from './fake-field.ts';
import { FieldRuns, status, update } from './field-runs.ts';

let runs: FieldRuns;

beforeAll(async () => {
  runs = await FieldRuns.start();
});
afterAll(() => runs?.stop());

/** The words of an ending for what the table calls the disk. */
const endings: Record<string, RegExp> = {
  untouched: /Nothing was changed|The disk was not touched/,
  'does not boot': /was written to and does not boot/,
  'the new system': /The new system is on the disk/,
};

/** An activity of each phase, during which the abort arrives. */
const activities: [ProvisionPhase, string][] = [
  ['preflight', 'preflight'],
  ['rescue', 'waitForRescue'],
  ['inspect', 'inspect'],
  ['install', 'writeImage'],
  ['boot', 'waitForInstalled'],
  ['first-boot', 'proveFirstBoot'],
  ['repartition', 'repartition'],
  ['verify', 'verify'],
  ['handover', 'releaseHold'],
];

it.each(activities)('abort in %s leaves what docs/guide/abort.md promises', async (phase, name) => {
  const field = new FakeField();
  let letGo = (): void => {};
  field.gates.set(name, new Promise((resolve) => (letGo = () => resolve())));
  await runs.run(field, requestOf('shrink'), async (handle) => {
    await until(() => field.calls.includes(name));
    const accepted = await update(handle, messages.abort, { by: 'test' });
    expect(accepted.phase).toBe(phase);
    if (phase === 'repartition') letGo();
    await handle.result().catch(() => undefined);
    const { state, ending } = await status(handle);
    expect(state).toBe('aborted');
    const promised = abortTable()[phase];
    expect(ending).toMatch(endings[promised.disk] ?? /no such words/);
    const { calls } = field;
    const changed = calls.includes('armRescue');
    expect(calls.includes('restoreMonitoring'), 'settings are put back').toBe(changed);
    const leaves = calls.slice(calls.lastIndexOf('restoreSettings')).includes('rebootFromInside');
    expect(leaves, 'the server leaves rescue').toBe(phase === 'repartition' || phase === 'inspect');
  });
});

it('abort before the first byte of an image says that the disk is untouched', async () => {
  const field = new FakeField();
  field.gates.set('stageImage', new Promise(() => {}));
  await runs.run(field, requestOf('shrink'), async (handle) => {
    await until(() => field.calls.includes('stageImage'));
    await update(handle, messages.abort, { by: 'test' });
    await handle.result().catch(() => undefined);
    expect((await status(handle)).ending).toMatch(endings['untouched'] ?? /./);
  });
});
