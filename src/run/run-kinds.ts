import type { RunKind } from './status.ts';

/** What a run of each kind is about, in words: what it does, and what it did not do if it failed. */
export const runKinds: Record<RunKind, { aim: string; undone: string }> = {
  provision: { aim: 'install the system of the spec', undone: 'was not provisioned' },
  rescue: { aim: 'boot the rescue system', undone: 'was not booted into rescue' },
  'boot-disk': { aim: 'boot from the disk', undone: 'was not booted from its disk' },
  'add-key': { aim: 'let a key in', undone: 'was given no key' },
  look: { aim: 'boot rescue to look at the disks, and back', undone: 'was not looked at' },
  'restore-settings': {
    aim: "put the provider's settings back",
    undone: 'has not all of its settings back',
  },
};
