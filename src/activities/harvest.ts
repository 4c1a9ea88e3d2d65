import { cancellationSignal } from '@temporalio/activity';

import { parseSections } from '../disk/sections.ts';
import { deadlines } from '../run/deadlines.ts';
import type { RunTarget, System } from '../run/plan.ts';
import type { Evidence } from '../run/status.ts';
import type { Dependencies } from './dependencies.ts';
import { openSystem } from './open-system.ts';

/** Of one section; the whole stays within what a run may carry (DESIGN: 64 kB in all). */
const linesMax = 60;
const lineLengthMax = 240;

/** What each section of harvest.sh is, for a person. */
const titles: Record<string, string> = {
  table: 'partition table',
  boot: 'boot flags',
  oem: 'files on OEM',
  ignition: 'result of Ignition',
  journal: 'end of the journal',
  missing: 'missing',
};

/** What a system that did not come up has left on its disk. */
export function createHarvestActivities(dependencies: Dependencies) {
  return {
    /**
     * Reads journal, Ignition's result and boot flags of the installed system from the rescue
     * system. Read-only, bounded. What cannot be read is said in words: it is evidence as well.
     */
    async harvestFirstBoot(
      target: RunTarget,
      rescue: System,
      disk: { serial: string; wwn: string },
    ): Promise<Evidence[]> {
      await using open = await openSystem(dependencies, target, rescue);
      const signal = cancellationSignal();
      const options = { timeoutMs: deadlines.commandMs, signal };
      const result = await open.scripts.run('harvest', [disk.serial, disk.wwn], options);
      const { exitCode, stdout, stderr } = result;
      if (exitCode !== 0) return [{ title: 'nothing could be read', lines: bounded([stderr]) }];
      return parseSections(stdout)
        .filter(({ lines }) => lines.length > 0)
        .map(({ words, lines }) => ({
          title: titles[words[0] ?? ''] ?? words.join(' '),
          lines: bounded(lines),
        }));
    },
  };
}

function bounded(lines: string[]): string[] {
  return lines
    .flatMap((line) => line.trimEnd().split('\n'))
    .slice(-linesMax)
    .map((line) => line.slice(0, lineLengthMax));
}
