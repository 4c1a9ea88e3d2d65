import { diskIdentity } from '../disk/block-device.ts';
import type { Inspection } from '../disk/inspection.ts';
import { renderLease } from '../disk/lease.ts';
import { parseReport } from '../disk/sections.ts';
import { oemNumber, rootNumber } from '../disk/table.ts';
import { loginUnit } from '../os/flatcar/our-files.ts';
import { ensureLoginScript, loginUnitText } from '../os/flatcar/our-login.ts';
import { deadlines } from '../run/deadlines.ts';
import type { RunTarget, ServerAccess, System } from '../run/plan.ts';
import { keyFingerprint, type HostKeyPolicy } from '../ssh/host-key.ts';
import { refusedKeys } from '../ssh/refused-keys.ts';
import type { Dependencies } from './dependencies.ts';
import { readDisks } from './inspect.ts';
import { jobKey } from './job-key.ts';
import { openSystem } from './open-system.ts';
import { ourInstallations, type OurInstallation } from './our-installation.ts';
import { HostWorkFailed, NoSystemOfOurs } from './run-errors.ts';
import { runJob } from './run-job.ts';

/** Where sshd of the installed system reads keys from, and how many were not there yet. */
export type KeysTaken = { file: string; added: number };

/** Letting somebody in again: in the installed system, or on its disk from rescue. */
export function createKeysActivities(dependencies: Dependencies) {
  return {
    /**
     * The one disk with a system of ours, from the rescue system. Read-only. Throws NoSystemOfOurs:
     * another system's files are never touched.
     */
    async findOurSystem({ target }: ServerAccess, rescue: System): Promise<OurInstallation> {
      const inspection = await readDisks(dependencies, { target }, rescue);
      const found = ourInstallations(dependencies, target, inspection);
      const [first, second] = found;
      if (first !== undefined && second === undefined) return first;
      throw notOne(target, inspection, found);
    },

    /**
     * Puts our login, with these keys, on ROOT of that system; its next boot lets them in. A
     * durable job. Idempotent: what is there is not added again. Throws RefusedOnHost when the disk
     * is not as it was found, or ROOT needs a person.
     */
    async placeLogin(request: {
      access: ServerAccess;
      rescue: System;
      found: OurInstallation;
      keys: string[];
      /** As in `JobRequest`. */
      attempt: number;
    }): Promise<{ added: number }> {
      const { access, rescue, found, keys, attempt } = request;
      const { device, receipt } = found;
      const lines = [access.keys.login, ...keys].map((key) => `${key.trim()}\n`).join('');
      const key = jobKey('add-key', [diskIdentity(device), receipt, lines]);
      const lease = renderLease({
        id: key,
        phase: 'add-key',
        server: access.target.server,
        serial: device.serial,
        wwn: device.wwn,
        sizeBytes: device.sizeBytes,
        imageSha512: null,
        fingerprint: device.fingerprint,
        bootId: rescue.bootId,
      });
      const done = await runJob(dependencies, access.target, rescue, {
        key,
        attempt,
        script: 'place-login',
        args: [String(rootNumber), String(oemNumber)],
        files: {
          lease,
          'receipt.json': receipt,
          'login-keys': lines,
          'ensure-login.sh': ensureLoginScript(),
          [loginUnit]: loginUnitText(),
        },
      });
      return { added: Number(parseReport(done.output['report'] ?? '')['keys-added']) };
    },

    /**
     * Makes these keys lines of the file that sshd of the running system really reads, and of the
     * one from which every boot does so again, and asks sshd whether it would let them in.
     * Idempotent: what is there is not added again.
     */
    async takeKeys({ target }: ServerAccess, system: System, keys: string[]): Promise<KeysTaken> {
      await using open = await openSystem(dependencies, target, system);
      const stdin = keys.map((key) => `${key.trim()}\n`).join('');
      const { exitCode, stdout, stderr } = await open.scripts.run('add-key', [], { stdin });
      const file = /^sshd reads keys of core from (.+)$/m.exec(stdout)?.[1];
      if (exitCode !== 0 || file === undefined) {
        throw new HostWorkFailed(
          `The keys could not be added on ${target.server}: ${(stderr || stdout).trim()}. ` +
            `Look at its sshd_config, then resume.`,
        );
      }
      await askSshd(target, system, { keys, file });
      return { file, added: Number(/^added (\d+) key/m.exec(stdout)?.[1] ?? 0) };
    },
  };
}

function notOne(
  { server }: RunTarget,
  { devices }: Inspection,
  found: OurInstallation[],
): NoSystemOfOurs {
  const names = found.map(({ device }) => diskIdentity(device)).join(' and ');
  const seen =
    found.length === 0
      ? `none of its disks (${devices.map(diskIdentity).join(', ')}) carries a receipt of this ` +
        `ironstep for it`
      : `${names} carry a receipt of ironstep, and which of them it boots is not known`;
  return new NoSystemOfOurs(
    `The system of ${server} cannot be told: ${seen}. Nothing was written. ` +
      `To do it by hand in rescue:  ironstep rescue ${server}`,
  );
}

/** A line in the right file is not all: AllowUsers, algorithms and modes decide too. */
async function askSshd(
  { server, address, sshPort }: RunTarget,
  { user, hostKey }: System,
  { keys, file }: { keys: string[]; file: string },
): Promise<void> {
  const pinned: HostKeyPolicy = { kind: 'pinned', keys: [hostKey] };
  const sshd = { host: address, port: sshPort, user, hostKey: pinned };
  const refused = await refusedKeys(sshd, keys, { connectTimeoutMs: deadlines.connectMs });
  if (refused.length === 0) return;
  throw new HostWorkFailed(
    `The keys are in ${file} on ${server}, but its sshd would not let these in: ` +
      `${refused.map(keyFingerprint).join(', ')}. Look at its sshd_config ` +
      `(AllowUsers, PubkeyAcceptedAlgorithms) and at the mode of the file, then resume.`,
  );
}
