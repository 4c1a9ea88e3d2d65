/**
 * A job was started several times and left no trace: the server cannot run it (/run is full?).
 *
 * @where install, repartition
 * @changed Nothing was written by this job.
 * @remedy Look at the free memory and at the space in /run of the rescue system, then resume.
 * @example
 * 127.0.77.1:22: the job write-image-1f0c was started 3 times and died each time before its \
 * command began. Look at the free memory and at the space in /run there.
 */
export class JobNeverStarted extends Error {
  override name = 'JobNeverStarted';

  constructor(where: string, key: string, starts: number) {
    super(
      `${where}: the job ${key} was started ${starts} times and died each time before its ` +
        `command began. Look at the free memory and at the space in /run there.`,
    );
  }
}

/**
 * A newer attempt at this work has begun on the server: this one, of a worker that was stopped for
 * a while or of a run that is over, stands back.
 *
 * @where install, repartition
 * @changed Nothing by this attempt. The newer one goes on.
 * @remedy Look at the newer run with `ironstep list`. To take over from it, stop it, then resume.
 * @example
 * 127.0.77.1:22: the attempt of 2026-11-24T09:10:00.000Z at write-3f1c09aa71de is not the newest; \
 * one of 2026-11-24T09:14:00.000Z has begun. It is left to that one: nothing was started, stopped \
 * or changed here.
 */
export class JobSuperseded extends Error {
  override name = 'JobSuperseded';

  constructor(where: string, job: { key: string; attempt: number }, newest: number) {
    const [ours, theirs] = [job.attempt, newest].map((attempt) => new Date(attempt).toISOString());
    super(
      `${where}: the attempt of ${ours} at ${job.key} is not the newest; one of ${theirs} has ` +
        `begun. It is left to that one: nothing was started, stopped or changed here.`,
    );
  }
}
