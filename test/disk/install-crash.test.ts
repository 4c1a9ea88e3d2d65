import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { InstallBench } from './install-bench.ts';
import { bootTraces, missingForLoopDisks, run, writeAt } from './loop-disks.ts';
import type { KillPoint } from './script-runs.ts';

const missing = missingForLoopDisks();

describe.skipIf(missing !== null)(
  `install, killed, on loop disks${missing ? ` (${missing})` : ''}`,
  () => {
    let lab: InstallBench;
    beforeAll(async () => {
      lab = new InstallBench();
      await lab.start();
    });
    beforeEach(() => lab.renew());
    afterAll(() => lab.stop());

    const kills: [string, KillPoint][] = [
      ['after the end was wiped', { tool: 'dd', call: 3, when: 'after' }],
      ['in the middle of the body', { tool: 'dd', call: 11, when: 'before' }],
      ['before ROOT is resized', { tool: 'resize2fs', call: 1, when: 'before' }],
      ['after ROOT was resized', { tool: 'resize2fs', call: 1, when: 'after' }],
      ['before the btrfs is made', { tool: 'mkfs.btrfs', call: 1, when: 'before' }],
      ['while the config is written', { tool: 'umount', call: 1, when: 'before' }],
    ];

    it.each(kills)('killed %s: nothing boots, and the next attempt finishes', async (_, kill) => {
      run(
        'sfdisk',
        ['--quiet', lab.disk.device],
        'label: gpt\nstart=2048, size=4096, name="old"\n',
      );
      writeAt(lab.disk.device, 0, Buffer.alloc(440, 0x90));
      const input = await lab.inputs(true);
      const killed = await lab.write(input, kill);
      expect(killed.exitCode, killed.log).toBeNull();
      if (kill.call !== 3) expect(bootTraces(lab.disk)).toEqual([]);
      const again = await lab.write(input);
      expect(again.log).not.toContain('Failed');
      expect(again.exitCode).toBe(0);
      lab.expectInstalled();
    });

    it('after a power cut in the body a new lease on the blank disk finishes', async () => {
      const killed = await lab.write(await lab.inputs(true), {
        tool: 'dd',
        call: 11,
        when: 'after',
      });
      expect(killed.exitCode, killed.log).toBeNull();
      lab.host.losePower();
      const input = await lab.inputs(true);
      expect(input['lease']).toContain('fingerprint=empty');
      expect((await lab.write(input)).exitCode).toBe(0);
      lab.expectInstalled();
    });
  },
);
