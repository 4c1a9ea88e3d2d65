import { serverRequestOf } from '../../src/contract.ts';
import { requestOf } from '../fixtures/provision-request.ts';
import { abortDuring, failing, installed, resume } from './scenario.ts';
import type { Scenario } from './scenario.ts';

const { spec, by } = requestOf('presize');
const look = { kind: 'look', request: { spec, by } } as const;
const restore = {
  kind: 'restore-settings',
  request: serverRequestOf(requestOf('presize')),
} as const;
const left: Scenario['field'] = (field) => {
  field.settingsLeft = { service: 'ns1', takenAt: 'monday', values: { bootId: 1 } };
};

/** Every branch of the runs that only look, and of those that put settings back. */
export const lookScenarios: Record<string, Scenario> = {
  'look-reset': look,
  'look-from-installed': { ...look, field: (field) => void (field.answering = installed) },
  'look-rescue-was-up': {
    ...look,
    field: (field) => void (field.answering = { ...installed, kind: 'rescue', user: 'root' }),
  },
  'look-nothing-to-boot': {
    ...look,
    field: (field) => void (field.mayBoot = { reasons: ['empty'], ours: false }),
  },
  'look-refused': { ...look, field: failing('describePlan', 'RefusedOnHost') },
  'look-power-cut': { ...look, field: failing('describePlan', 'ServerRebooted') },
  'look-silent-resumed': { ...look, field: failing('waitForDisk', 'ServerSilent'), person: resume },
  'look-abort': { ...look, ...abortDuring('describePlan') },
  'restore-settings': { ...restore, field: left },
  'restore-settings-nothing-left': restore,
  'restore-settings-silent': {
    ...restore,
    field: (field) => {
      left(field);
      field.silent = true;
    },
  },
};
