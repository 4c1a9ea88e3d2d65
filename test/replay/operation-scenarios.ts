import { serverRequestOf } from '../../src/contract.ts';
import { requestOf } from '../fixtures/provision-request.ts';
import { abortDuring, failing, installed, resume } from './scenario.ts';
import type { Scenario } from './scenario.ts';

const request = serverRequestOf(requestOf('presize'));
const rescue = { kind: 'rescue', request } as const;
const bootDisk = { kind: 'boot-disk', request } as const;
const addKey = {
  kind: 'add-key',
  request: { ...request, keys: ['ssh-ed25519 AAAAnew ada@desk'] },
} as const;

const fromRescue: Scenario['field'] = (field) => {
  field.answering = { ...installed, kind: 'rescue', user: 'root' };
};
const fromInstalled: Scenario['field'] = (field) => {
  field.answering = installed;
};

/** Every branch of the runs that a person starts on a server that is installed. */
export const operationScenarios: Record<string, Scenario> = {
  'rescue-reset': rescue,
  'rescue-from-installed': { ...rescue, field: fromInstalled },
  'rescue-was-up': { ...rescue, field: fromRescue },
  'rescue-abort': { ...rescue, ...abortDuring('waitForRescue') },
  'boot-disk-from-rescue': { ...bootDisk, field: fromRescue },
  'boot-disk-reset': bootDisk,
  'boot-disk-refused': {
    ...bootDisk,
    field: (field) => {
      fromRescue(field);
      field.mayBoot = { reasons: ['an install was begun'], ours: false };
    },
  },
  'boot-disk-silent-resumed': {
    ...bootDisk,
    field: (field) => {
      fromRescue(field);
      failing('waitForDisk', 'ServerSilent')(field);
    },
    person: resume,
  },
  'boot-disk-abort': { ...bootDisk, ...abortDuring('waitForDisk') },
  'add-key-in-place': { ...addKey, field: fromInstalled },
  'add-key-through-rescue': addKey,
  'add-key-refused': { ...addKey, field: failing('findOurSystem', 'NoSystemOfOurs') },
  'add-key-power-cut': { ...addKey, field: failing('placeLogin', 'ServerRebooted') },
  'add-key-abort': { ...addKey, ...abortDuring('placeLogin') },
};
