import { afterAll, beforeAll, expect, it } from 'vitest';

import { messages } from '../../src/contract.ts';
import { requestOf } from '../fixtures/provision-request.ts';
import { FakeField } from './fake-field.ts';
import { FieldRuns, phasesOf, status, update, waiting } from './field-runs.ts';

/** Known to a workflow by the name of its class. */
class ServerSilent extends Error {}

let runs: FieldRuns;

beforeAll(async () => {
  runs = await FieldRuns.start();
});
afterAll(() => runs?.stop());

it('a first boot that never answers: back to rescue, what it left is read, then a person', async () => {
  const field = new FakeField();
  field.failOnce.set('waitForInstalled', new ServerSilent('core1 did not come up from its disk'));
  await runs.run(field, requestOf('presize'), async (handle) => {
    const parked = await waiting(handle);
    expect(phasesOf(parked).slice(-3)).toEqual(['boot', 'rescue', 'first-boot']);
    expect(parked.attention).toMatchObject({ kind: 'failed' });
    expect(parked.attention?.detail).toContain('    ignition[312]: failed to fetch config');
    expect(parked.evidence?.[0]?.title).toBe('end of the journal');
    await update(handle, messages.resume, { by: 'test' });
    await expect(handle.result()).resolves.toMatchObject({ ok: true });
    const moves = ['hardReset', 'harvestFirstBoot', 'writeImage', 'armDisk', 'rebootFromInside'];
    expect(field.calls.filter((name) => moves.includes(name))).toEqual([
      ...['hardReset', 'writeImage', 'armDisk', 'rebootFromInside'],
      ...['hardReset', 'harvestFirstBoot', 'armDisk', 'rebootFromInside'],
      'armDisk', // of the handover
    ]);
    expect(phasesOf(await status(handle)).slice(-3)).toEqual(['first-boot', 'verify', 'handover']);
  });
});
