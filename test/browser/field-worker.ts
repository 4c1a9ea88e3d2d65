import type { Selected } from '../../src/activities/inspect.ts';
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
      part(1, '', 1, 'ext4, last mounted /boot', 'dies'),
      part(2, '', 930, 'ext4, last mounted /', 'dies'),
      part(9, 'ROOT', 100, '', 'made', 'ext4'),
    ];
    return found;
  },
}));

function part(
  number: number,
  name: string,
  sizeGib: number,
  now: string,
  fate: 'dies' | 'made',
  then = '',
) {
  return { number, name, sizeBytes: sizeGib * gib, now, fate, then };
}
