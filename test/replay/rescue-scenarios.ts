import type { ProvisionRequest } from '../../src/contract.ts';
import type { Rung } from '../../src/spec/rungs.ts';
import { messages } from '../../src/contract.ts';
import { requestOf } from '../fixtures/provision-request.ts';
import { until } from '../until.ts';
import { update, waiting } from '../workflow/field-runs.ts';
import { by, ended, failing, failingAlways, installed, resume } from './scenario.ts';
import type { Scenario } from './scenario.ts';

/** A run with these rungs, which looks quickly while it is parked. */
export function withLadder(...ladder: Rung[]): ProvisionRequest {
  const { spec, ...request } = requestOf('presize');
  const pace = { parkedLookMs: 1_000, parkedLookMaxMs: 1_000 };
  return { ...request, pace, spec: { ...spec, rescue: { ...spec.rescue, ladder } } };
}

const whole = withLadder('in-band-reboot', 'hard-reset', 're-arm', 'other-image');
const silent = failingAlways('waitForRescue', 'ServerSilent');

/** What a run does about a rescue system that does not come up. */
export const rescueScenarios: Record<string, Scenario> = {
  'rescue-ladder-second-rung': { request: whole, field: failing('waitForRescue', 'ServerSilent') },
  'rescue-ladder-parked': {
    request: whole,
    field: silent,
    person: async (handle) => void (await waiting(handle)),
  },
  'rescue-ladder-in-band-first': {
    request: withLadder('hard-reset'),
    field: (field) => {
      field.answering = installed;
      failing('waitForRescue', 'ServerSilent')(field);
    },
  },
  'rescue-ladder-resumed': {
    request: withLadder('hard-reset'),
    field: silent,
    person: async (handle, field) => {
      await waiting(handle);
      field.failAlways.clear();
      await update(handle, messages.resume, { by, ladder: ['other-image'] });
      await ended(handle);
    },
  },
  'rescue-ladder-provider-busy': {
    request: withLadder('hard-reset'),
    field: failing('hardReset', 'ProviderBusy'),
    person: resume,
  },
  'rescue-ladder-goes-on-by-itself': {
    request: withLadder('hard-reset'),
    field: silent,
    person: async (handle, field) => {
      await waiting(handle);
      field.appears = 'rescue';
      await ended(handle);
    },
  },
  'rescue-ladder-skipped': {
    request: whole,
    field: (field) => void field.gates.set('waitForRescue', new Promise(() => {})),
    person: async (handle, field) => {
      await until(() => field.calls.includes('waitForRescue'));
      field.gates.clear();
      await update(handle, messages.skip, { by });
      await ended(handle);
    },
  },
  'first-boot-silent-harvested': {
    request: withLadder('hard-reset'),
    field: failing('waitForInstalled', 'ServerSilent'),
    person: resume,
  },
  'rescue-ladder-abort-while-parked': {
    request: withLadder('hard-reset'),
    field: silent,
    person: async (handle) => {
      await waiting(handle);
      await update(handle, messages.abort, { by, reason: 'enough' });
      await ended(handle);
    },
  },
};
