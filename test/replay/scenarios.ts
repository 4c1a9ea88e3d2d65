import { messages } from '../../src/contract.ts';
import { requestOf } from '../fixtures/provision-request.ts';
import type { FakeField } from '../workflow/fake-field.ts';
import { update, waiting } from '../workflow/field-runs.ts';
import { lookScenarios } from './look-scenarios.ts';
import { rescueScenarios, withLadder } from './rescue-scenarios.ts';
import { operationScenarios } from './operation-scenarios.ts';
import { abortDuring, by, ended, failing, installed, resume } from './scenario.ts';
import type { Scenario } from './scenario.ts';

const shrink = { request: requestOf('shrink') };
const presize = { request: requestOf('presize') };
const { layout: _whole, ...wholeDiskSpec } = requestOf('presize').spec;
const contents = (field: FakeField) => void (field.fingerprint = '7c1e90aabbcc');

/** Every phase and every branch of a run. */
export const scenarios: Record<string, Scenario> = {
  'provision-shrink': shrink,
  'provision-presize': presize,
  'provision-whole-disk': { request: { ...requestOf('presize'), spec: wholeDiskSpec } },
  'provision-approved': {
    ...presize,
    field: contents,
    person: async (handle) => {
      await waiting(handle);
      await update(handle, messages.approve, { wipe: 'SERIAL-1:7c1e90aabbcc', by });
      await ended(handle);
    },
  },
  'provision-parked-for-approval': {
    ...presize,
    field: contents,
    person: async (handle) => void (await waiting(handle)),
  },
  'provision-no-wait': { request: { ...requestOf('presize'), noWait: true }, field: contents },
  'provision-refused-by-preflight': {
    ...shrink,
    field: failing('preflight', 'PreflightRefused'),
  },
  'provision-refused-on-host': { ...shrink, field: failing('stageImage', 'RefusedOnHost') },
  'provision-rescue-silent-resumed': {
    ...shrink,
    request: withLadder('hard-reset'),
    field: failing('waitForRescue', 'ServerSilent'),
    person: resume,
  },
  'provision-rescue-silent-parked': {
    ...shrink,
    request: withLadder('hard-reset'),
    field: failing('waitForRescue', 'ServerSilent'),
    person: async (handle) => void (await waiting(handle)),
  },
  'provision-write-failed-resumed': {
    ...shrink,
    field: failing('writeImage', 'HostWorkFailed'),
    person: resume,
  },
  'provision-write-power-cut': { ...presize, field: failing('writeImage', 'ServerRebooted') },
  'provision-repartition-power-cut': { ...shrink, field: failing('repartition', 'ServerRebooted') },
  'provision-first-boot-rebooted': {
    ...presize,
    field: failing('proveFirstBoot', 'ServerRebooted'),
  },
  'provision-disk-boot-silent-resumed': {
    ...presize,
    field: failing('waitForInstalled', 'ServerSilent'),
    person: resume,
  },
  'provision-recognised': {
    ...presize,
    field: (field) => {
      field.answering = installed;
      field.recognised = { layout: null, finished: true, repartitioned: null };
    },
  },
  'provision-recognised-before-shrink': {
    ...shrink,
    field: (field) => {
      field.answering = installed;
      field.recognised = { layout: null, finished: false, repartitioned: null };
    },
  },
  'provision-rescue-was-up': {
    ...presize,
    field: (field) => void (field.answering = { ...installed, kind: 'rescue', user: 'root' }),
  },
  'provision-installed-by-receipt': {
    ...shrink,
    field: (field) => void (field.onDisk = { installed: true }),
  },
  'provision-repartition-was-begun': {
    ...shrink,
    field: (field) => void (field.onDisk = { installed: true, repartitionBegun: true }),
  },
  'provision-abort-preflight': { ...shrink, ...abortDuring('preflight') },
  'provision-abort-rescue': { ...shrink, ...abortDuring('waitForRescue') },
  'provision-abort-inspect': { ...shrink, ...abortDuring('inspect') },
  'provision-abort-stage': { ...shrink, ...abortDuring('stageImage') },
  'provision-abort-write': { ...shrink, ...abortDuring('writeImage') },
  'provision-abort-boot': { ...shrink, ...abortDuring('waitForInstalled') },
  'provision-abort-first-boot': { ...shrink, ...abortDuring('proveFirstBoot') },
  'provision-abort-repartition': { ...shrink, ...abortDuring('repartition', true) },
  'provision-abort-verify': { ...shrink, ...abortDuring('verify') },
  'provision-abort-handover': { ...shrink, ...abortDuring('releaseHold') },
  'provision-settings-not-restored': {
    ...shrink,
    field: (field) => {
      failing('stageImage', 'RefusedOnHost')(field);
      failing('restoreSettings', 'ProviderAccessRefused')(field);
    },
  },
  ...operationScenarios,
  ...rescueScenarios,
  ...lookScenarios,
};
