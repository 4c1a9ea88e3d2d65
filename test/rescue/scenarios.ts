import { messages } from '../../src/contract.ts';
import { until } from '../until.ts';
import { status, update } from '../workflow/field-runs.ts';
import type { Ends, RescueScenario } from './scenario.ts';

const finished: Ends = { kind: 'finished' };
const waits = (words: RegExp): Ends => ({ kind: 'waits', attention: 'rescue', words });
const failed = (words: RegExp): Ends => ({ kind: 'waits', attention: 'failed', words });
const reboot = { method: 'POST', path: '/dedicated/server/*/reboot' } as const;
const anHourMs = 3_600_000;

/** The fault table of providers.md §7. */
const faults: RescueScenario[] = [
  {
    ...{ of: 'F1', title: "the provider's clock is an hour ahead" },
    field: (field) => void (field.clockAheadMs = anHourMs),
    ...{ ends: finished, resets: 1 },
  },
  {
    ...{ of: 'F1', title: "the provider's clock jumps in the middle of the run" },
    meanwhile: async (field) => {
      await until(() => field.calls().some(({ method }) => method === 'PUT'), 30_000);
      field.clockAheadMs = anHourMs;
    },
    ...{ ends: finished, resets: 1 },
  },
  {
    ...{ of: 'F2', title: 'the key is revoked before rescue is armed' },
    faults: [{ kind: 'key-refused', errorCode: 'INVALID_CREDENTIAL', skip: 22, times: null }],
    ...{ ends: failed(/INVALID_CREDENTIAL/), resets: 0 },
  },
  {
    ...{ of: 'F3', title: 'the answer to the reset is lost, and it was carried out' },
    faults: [{ kind: 'answer-lost', ...reboot }],
    ...{ ends: finished, resets: 1 },
  },
  {
    ...{ of: 'F3', title: 'a proxy answers the reset with a page, and nothing was carried out' },
    faults: [{ kind: 'call-fails', status: 503, body: 'html', ...reboot }],
    ...{ ends: finished, resets: 1 },
  },
  {
    ...{ of: 'F4', title: 'the task is not found for a while' },
    faults: [{ kind: 'task-not-found', times: 6 }],
    ...{ ends: finished, resets: 1 },
  },
  {
    ...{ of: 'F4', title: 'the reset is answered with task 0' },
    faults: [{ kind: 'task-without-id' }],
    ...{ ends: finished, resets: 1 },
  },
  {
    ...{ of: 'F5', title: 'the task ends as ovhError' },
    faults: [{ kind: 'task-fails', comment: 'no power' }],
    ...{ ends: waits(/task \d+ for core1 ended as ovhError \(no power\)/), resets: 0 },
  },
  {
    ...{ of: 'F5', title: 'the task never ends, and rescue is up all the same' },
    faults: [{ kind: 'task-stuck', times: null }],
    ...{ ends: finished, resets: 1 },
  },
  {
    ...{ of: 'F6', title: 'the netboot is missed once: the old system answers' },
    faults: [{ kind: 'netboot-missed' }],
    ...{ ends: finished, resets: 2 },
  },
  {
    ...{ of: 'F6', title: 'the netboot is always missed' },
    faults: [{ kind: 'netboot-missed', times: null }],
    ...{ ends: waits(/the old system answers[^]*does not boot from the network/), resets: 2 },
  },
  {
    ...{ of: 'F7', title: 'the only rescue netboot is ipxe-shell' },
    faults: [{ kind: 'no-rescue-netboot', times: null }],
    ...{ ends: { kind: 'refused', words: /no Linux rescue system|rescue system/ }, resets: 0 },
  },
  {
    ...{ of: 'F9', title: 'the secret cannot be retrieved at first' },
    faults: [
      { kind: 'rescue-key-refused', times: null },
      { kind: 'call-fails', method: 'POST', path: '/secret/retrieve', times: 1 },
    ],
    ...{ ends: finished, resets: 1 },
  },
  {
    ...{ of: 'F10', title: 'the password is that of another system' },
    faults: [
      { kind: 'rescue-key-refused', times: null },
      { kind: 'secret-of-another', times: null },
    ],
    ladder: ['hard-reset'],
    ...{ ends: waits(/ironstep credentials core1|its password/), resets: 1 },
  },
  {
    ...{ of: 'F11', title: 'a change of settings is taken and not made, once' },
    faults: [{ kind: 'put-ignored' }],
    ...{ ends: finished, resets: 1 },
  },
  {
    ...{ of: 'F12', title: 'the rescue key is refused: a password opens rescue' },
    faults: [{ kind: 'rescue-key-refused', times: null }],
    ...{ ends: finished, resets: 1 },
  },
  {
    ...{ of: 'F13', title: 'a technician comes before the reset: it is not sent while they work' },
    field: (field) => {
      field.technicians.arriveAfterMs = anHourMs;
      field.sendTechnician();
    },
    ...{ ends: { kind: 'refused', words: /OVH is at work on it/ }, resets: 0 },
  },
  {
    ...{ of: 'F13', title: 'a technician comes after a reset that came to nothing' },
    faults: [{ kind: 'netboot-missed', times: null }],
    meanwhile: async (field) => {
      await until(() => field.server.boots.some(({ cause }) => cause.startsWith('task')), 30_000);
      field.sendTechnician();
    },
    ...{ ends: finished, resets: 1 },
  },
  {
    ...{ of: 'F14', title: 'the service has expired' },
    faults: [{ kind: 'service-blocked', status: 'expired', times: null }],
    ...{ ends: { kind: 'refused', words: /its service has expired/ }, resets: 0 },
  },
  {
    ...{ of: 'F14', title: 'the server is blocked for abuse' },
    faults: [{ kind: 'service-blocked', status: 'ok', state: 'hackedBlocked', times: null }],
    ...{ ends: { kind: 'refused', words: /blocked it for abuse/ }, resets: 0 },
  },
  {
    ...{ of: 'F14', title: 'the service expires in the middle of the run' },
    faults: [{ kind: 'call-fails', status: 460, method: 'PUT', skip: 1, times: null }],
    ...{ ends: failed(/Renew or unblock/), resets: 0 },
  },
  {
    ...{ of: 'F16', title: 'stock flaps: no run asks for it' },
    holds: (field) => field.calls().every(({ path }) => !path.includes('availabilit')),
    ...{ ends: finished, resets: 1 },
  },
  {
    ...{ of: 'F15', title: 'every answer has fields and words that nobody knows' },
    faults: [{ kind: 'answer-of-tomorrow', times: null }],
    ...{ ends: finished, resets: 1 },
  },
];

const firstBoots: RescueScenario[] = [
  {
    ...{ of: 'F17', title: 'what was installed never answers: rescue, its journal, and a person' },
    field: (field) => {
      field.installsSilently = true;
      const journal = 'journal\n\tignition[312]: failed to fetch config\n';
      field.machine.answers.set('harvest', () => journal);
    },
    ends: failed(
      /did not come up from its disk[^]*end of the journal:\n {4}ignition\[312\]: failed/,
    ),
    resets: 2,
  },
];

/** What a run does, rung by rung, when rescue does not come up. */
const rungs: RescueScenario[] = [
  {
    ...{ of: 'in-band-reboot', title: 'a system of ours is rebooted from inside' },
    field: (field) => field.installed(),
    ladder: ['in-band-reboot', 'hard-reset'],
    ...{ ends: finished, resets: 0 },
  },
  {
    ...{ of: 'hard-reset', title: 'after a clean reboot that missed the netboot' },
    field: (field) => field.installed(),
    faults: [{ kind: 'netboot-missed' }],
    ladder: ['in-band-reboot', 'hard-reset'],
    ...{ ends: finished, resets: 1 },
  },
  {
    ...{ of: 're-arm', title: 'after a rescue that hung' },
    faults: [{ kind: 'rescue-hangs' }],
    ladder: ['hard-reset', 're-arm'],
    ...{ ends: finished, resets: 2 },
  },
  {
    ...{ of: 'other-image', title: 'there is none: a person is asked' },
    faults: [{ kind: 'rescue-hangs', times: null }],
    ladder: ['hard-reset', 'other-image'],
    ...{ ends: waits(/offers none but rescue12-customer/), resets: 1 },
  },
  {
    ...{ of: 'a person', title: 'boots rescue in the panel while the run is parked' },
    faults: [{ kind: 'rescue-hangs' }],
    ladder: ['hard-reset'],
    meanwhile: async (field, handle) => {
      await until(async () => (await status(handle)).attention !== undefined, 60_000);
      await field.server.reset('control');
    },
    ...{ ends: finished, resets: 1 },
  },
  {
    ...{ of: 'a person', title: 'resumes with rungs of their own' },
    faults: [{ kind: 'rescue-hangs' }],
    ladder: ['hard-reset'],
    meanwhile: async (_field, handle) => {
      await until(async () => (await status(handle)).attention !== undefined, 60_000);
      await update(handle, messages.resume, { by: 'ada', ladder: ['re-arm'] });
    },
    ...{ ends: finished, resets: 2 },
  },
  {
    ...{ of: 'a person', title: 'skips a boot that hangs' },
    faults: [{ kind: 'rescue-hangs' }],
    ladder: ['hard-reset', 're-arm'],
    meanwhile: async (field, handle) => {
      await until(() => field.server.boots.some(({ cause }) => cause.startsWith('task')), 30_000);
      await until(async () => {
        const skipped = update(handle, messages.skip, { by: 'ada' });
        return skipped.then(
          () => true,
          () => false,
        );
      });
    },
    ...{ ends: finished, resets: 2 },
  },
];

/** Each of them by itself, and so in any order. */
export const rescueScenarios: RescueScenario[] = [...faults, ...firstBoots, ...rungs];
