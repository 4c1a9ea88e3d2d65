import { z } from 'zod';

import type { Pace } from '../run/pace.ts';
import type { FirstBootProof, Plan, System } from '../run/plan.ts';
import { formatSize } from '../spec/units.ts';
import { beat } from './beat.ts';
import type { Dependencies } from './dependencies.ts';
import { notYet } from './not-yet.ts';
import { openSystem } from './open-system.ts';
import { ServerSilent, SystemNotAsInstalled } from './run-errors.ts';

/** Units of ours: one of them failed is an error, a user's failed unit is reported. */
const ourUnit = /^ironstep-/;

/** The proof of a first boot, from inside. */
export function createFirstBootActivities(dependencies: Dependencies) {
  return {
    /**
     * Waits until the system has finished booting (ROOT grown, units started), then proves that
     * it is what was installed: image stamp and config digest. Read-only.
     */
    async proveFirstBoot(
      plan: Plan,
      system: System,
      wait: { sinceMs: number; deadlineMs: number; pace: Pace },
    ): Promise<FirstBootProof> {
      await using open = await openSystem(dependencies, plan.target, system);
      const facts = parseFacts((await open.scripts.runOk('first-boot', [])).stdout);
      const state = facts.get('state') ?? '';
      if (['initializing', 'starting', ''].includes(state)) {
        beat({ label: `the system is ${state}` });
        if (Date.now() > wait.sinceMs + wait.deadlineMs) {
          throw new ServerSilent(
            `${plan.target.server} answers, but has not finished its first boot within ` +
              `${Math.round(wait.deadlineMs / 60_000)} minutes (systemd says ${state}).`,
          );
        }
        throw notYet(`the first boot is not finished (${state})`, wait.pace.pollMs);
      }
      checkStamp(plan, facts.get('stamp') ?? '');
      checkVersion(plan, open.identity.osVersion);
      const failedUnits = (facts.get('failed_units') ?? '')
        .split(' ')
        .filter((unit) => unit !== '');
      const ours = failedUnits.filter((unit) => ourUnit.test(unit));
      if (ours.length > 0) {
        throw new SystemNotAsInstalled(
          `On ${plan.target.server} a unit of ironstep failed: ${ours.join(', ')}. ` +
            `Look with:  ironstep ssh ${plan.target.server} -- sudo journalctl -u ${ours[0]}`,
        );
      }
      return {
        osVersion: open.identity.osVersion,
        rootBytes: grownRootBytes(plan, facts),
        failedUnits,
        state,
      };
    },
  };
}

/** The key=value lines of first-boot.sh. */
export function parseFacts(output: string): Map<string, string> {
  const pairs = output.split('\n').filter((line) => line.includes('='));
  return new Map(
    pairs.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

function checkStamp(plan: Plan, stamp: string): void {
  const difference = stampDifference(plan, stamp);
  if (difference === null) return;
  throw new SystemNotAsInstalled(
    `${plan.target.server} booted, but its stamp does not match what was installed: ` +
      `${difference}. Another system may be on another disk, or its config was not applied.`,
  );
}

/** What a system's stamp says otherwise than the plan, in words; null: it is the plan's system. */
export function stampDifference(plan: Plan, stamp: string): string | null {
  const found = parseStamp(stamp);
  const expected = { imageSha512: plan.release.sha512, configDigest: plan.configDigest };
  for (const [name, value] of Object.entries(expected)) {
    const said = found.get(name);
    if (said !== value) return `${name} is ${said ?? 'missing'}, expected ${value}`;
  }
  return null;
}

/** The signature covers a file's name and not its version: an old image under a new name ends here. */
function checkVersion(plan: Plan, osVersion: string): void {
  if (osVersion === plan.release.version) return;
  throw new SystemNotAsInstalled(
    `${plan.target.server} runs version ${osVersion}, but ${plan.release.version} was installed. ` +
      `The release server gave another image under that name.`,
  );
}

/** The stamp's fields; none when there is no stamp or it cannot be read. */
function parseStamp(stamp: string): Map<string, string> {
  try {
    return new Map(Object.entries(z.record(z.string(), z.string()).parse(JSON.parse(stamp))));
  } catch {
    return new Map();
  }
}

/** The filesystem must fill its partition: growth that stopped half way would shrink wrongly. */
function grownRootBytes(plan: Plan, facts: Map<string, string>): number {
  const partitionBytes = Number(facts.get('root_partition_bytes'));
  const filesystemBytes = Number(facts.get('root_filesystem_bytes'));
  // statfs leaves out ext4's own tables: up to 6.25 % on Flatcar (one inode per 4 KiB block).
  if (!(filesystemBytes > partitionBytes * 0.9)) {
    throw new SystemNotAsInstalled(
      `ROOT of ${plan.target.server} did not grow: the partition has ${formatSize(partitionBytes)}, ` +
        `its filesystem ${formatSize(filesystemBytes)}. ` +
        `Look with:  ironstep ssh ${plan.target.server} -- sudo journalctl -b`,
    );
  }
  return partitionBytes;
}
