import type { Selected } from '../../src/activities/inspect.ts';
import type { PartitionFate } from '../../src/run/status.ts';
import { runWorker } from '../../src/worker.ts';
import { FakeField } from '../workflow/fake-field.ts';

/** Known to a workflow by the name of its class: a person is asked. */
class ServerSilent extends Error {}

/**
 * The worker of the browser test, as a process: ours in everything but the activities. Its servers
 * have a disk with an old system on it, and the first one that is booted from disk stays silent.
 */
const field = new FakeField();
field.fingerprint = '7c1e90aabbcc';
field.failOnce.set(
  'waitForInstalled',
  new ServerSilent('core2 did not answer within 15m.\nThe disk is armed; nothing is lost.'),
);
const { activities } = field;
const gib = 2 ** 30;

await runWorker({}, () => ({
  ...activities,
  inspect: async (...args) => {
    const found = (await activities.inspect(...args)) as Extract<Selected, { kind: 'selected' }>;
    found.view.partitions = [
      dies(1, 1, 'ext4, last mounted /boot'),
      dies(2, 930, 'ext4, last mounted /'),
      root(9, 100),
    ];
    return found;
  },
}));

function dies(number: number, sizeGib: number, now: string): PartitionFate {
  return { number, name: '', sizeBytes: sizeGib * gib, now, fate: 'dies' };
}

function root(number: number, sizeGib: number): PartitionFate {
  const [name, sizeBytes] = ['ROOT', sizeGib * gib];
  const becomes = { name, sizeBytes, roughly: false, filesystem: 'ext4', mount: '/' };
  return { number, name, sizeBytes: null, now: '', fate: 'made', becomes };
}
