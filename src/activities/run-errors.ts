/**
 * The server was booted again in the middle of a phase: power cut, watchdog or somebody else.
 *
 * @where install, repartition, first-boot, verify
 * @changed Whatever the phase had written by then; nothing that it had committed is done again.
 * @remedy Nothing. If it happens again and again, look for a watchdog, a bad power supply, or
 *   somebody else at work.
 * @example
 * core1 was rebooted in the middle of a phase (boot 1f0c9a7e answers, expected boot 7c1e90aa). \
 * The run goes back to rescue and looks again.
 */
export class ServerRebooted extends Error {
  override name = 'ServerRebooted';

  /** `foundBootId` is null when another host key answers: then nothing was asked. */
  constructor(server: string, expectedBootId: string, foundBootId: string | null) {
    const found = foundBootId === null ? 'another system' : `boot ${foundBootId.slice(0, 8)}`;
    super(
      `${server} was rebooted in the middle of a phase (${found} answers, expected boot ` +
        `${expectedBootId.slice(0, 8)}). The run goes back to rescue and looks again.`,
    );
  }
}

/**
 * The server did not come up in time. A person may look, or wait longer.
 *
 * @where rescue, boot, first-boot, install, repartition
 * @changed Nothing by the waiting itself; the message says what is known of the disk.
 * @remedy Look at the server in the provider's panel, or let a technician look. Then resume: the
 *   run goes on at this phase.
 * @example
 * Rescue did not come up on core2 within 40 minutes. Last seen: no answer on port 22. The disk \
 * was not touched by this attempt.
 */
export class ServerSilent extends Error {
  override name = 'ServerSilent';
}

/**
 * The host refused the phase before it wrote anything (exit code 10 of our scripts).
 *
 * @where rescue, install, repartition
 * @changed Nothing was written: the host refuses before the first write.
 * @remedy The message says what the host found. Another disk than the approved one needs a new
 *   approval; another owner must end their run first.
 * @example
 * Refused on core1: the partition table is not the one that was approved
 * The phase was not begun: its lease is unused.
 */
export class RefusedOnHost extends Error {
  override name = 'RefusedOnHost';
}

/**
 * The supervisor of a job was killed on the host (memory ran out, or somebody did it): how far its
 * work came is unknown.
 *
 * @where install, repartition
 * @changed Unknown how much. A disk that was begun does not boot until the phase is done.
 * @remedy Look at the memory of the rescue system, then resume: the work begins anew from what is
 *   there.
 * @example
 * write-image on core1 was killed from outside, or memory ran out: it ended without a result, and \
 * nothing of it runs any more. How far it came is unknown. Resume to begin it anew.
 * Killed
 */
export class JobCrashed extends Error {
  override name = 'JobCrashed';
}

/**
 * A phase's work on the host failed; the log's last lines are in the message.
 *
 * @where install, repartition, keys, verify, handover
 * @changed What the log in the message says. A disk that was begun does not boot until the phase
 *   is done.
 * @remedy Read the last lines of the log, mend what they name, then resume: the phase goes on from
 *   what is there.
 * @example
 * write-image failed on core1 with exit code 1:
 * write-image: sha512 of the disk differs from the image
 */
export class HostWorkFailed extends Error {
  override name = 'HostWorkFailed';
}

/**
 * The provider's account, service or hardware does not allow this run. Seen before any change.
 *
 * @where preflight
 * @changed Nothing.
 * @remedy Do as the message says, then start the run again.
 * @example
 * ns3012345 cannot be worked on now: an intervention is open. Nothing was changed. Try again \
 * when that is over.
 */
export class PreflightRefused extends Error {
  override name = 'PreflightRefused';
}

/**
 * The installed system is not what was installed: stamp, config or size differ.
 *
 * @where first-boot, repartition, verify
 * @changed Nothing by looking.
 * @remedy Look at the system with the command in the message. Mend it, then resume and it is
 *   compared again; or install anew.
 * @example
 * core1 is not as the spec says: data: not mounted at /srv/data. Nothing was changed by looking.
 */
export class SystemNotAsInstalled extends Error {
  override name = 'SystemNotAsInstalled';
}

/**
 * No disk, or more than one, carries a receipt of ours for this server: which system is meant is not
 * known, and another system's files are never touched.
 *
 * @where inspect
 * @changed Nothing was written. The run ends, and the server goes back to its old system.
 * @remedy Add the key by hand in the rescue system: `ironstep rescue` boots it, `ironstep ssh` logs
 *   in, `ironstep boot disk` goes back.
 * @example
 * The system of core1 cannot be told: none of its disks (WD-WCC4E0XXXXXX) carries a receipt of \
 * this ironstep for it. Nothing was written. To do it by hand in rescue:  ironstep rescue core1
 */
export class NoSystemOfOurs extends Error {
  override name = 'NoSystemOfOurs';
}

/**
 * The provider's task for a reset ended in an error on the provider's side.
 *
 * @where rescue, boot
 * @changed Nothing more was sent.
 * @remedy Look at the server and the task in the provider's panel, then resume.
 * @example
 * The provider's task 8125 for core2 ended as ovhError (no power). Nothing more was sent. Look \
 * at the server in the provider's panel, then resume.
 */
export class ResetTaskFailed extends Error {
  override name = 'ResetTaskFailed';
}

/**
 * The provider is at work on the server itself: a technician, or a task that does not end. A reset
 * now would cross what they do.
 *
 * @where rescue, boot
 * @changed Nothing: no reset was sent.
 * @remedy Wait: the run watches the provider and goes on by itself when that is over. A task that
 *   never ends is the provider's support's to end.
 * @example
 * No reset was sent to core2 while somebody works on it: intervention 55812 of a technician is \
 * doing, planned for 2026-11-24T09:58:00+00:00. It goes on by itself when that is over.
 */
export class ProviderBusy extends Error {
  override name = 'ProviderBusy';
}
