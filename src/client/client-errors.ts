import type { Phase } from '../run/status.ts';

/** Temporal answers, but no worker does. Start one; the run keeps its place meanwhile. */
export class NoWorker extends Error {
  override name = 'NoWorker';

  constructor(server: string, options: { cause?: unknown } = {}) {
    super(
      `No worker answers for ${server}. The run keeps its place and goes on with a worker.\n` +
        'To start one on this machine:  ironstep worker\n' +
        'With Temporal, if that is to run here too:  ironstep dev',
      options,
    );
  }
}

/** The run is pinned to a version of the worker, and no worker of that version runs any more. */
export class NoWorkerOfVersion extends NoWorker {
  override name = 'NoWorkerOfVersion';
  /** `DEPLOYMENT/BUILD`. */
  readonly version: string;

  constructor(run: { server: string; workflowId: string }, version: string) {
    super(run.server);
    this.version = version;
    this.message =
      `The run of ${run.server} belongs to version ${version} of the worker, and no worker of that ` +
      'version answers. The run keeps its place.\n' +
      `To go on with that version:  IRONSTEP_DEPLOYMENT=${version} ironstep worker\n` +
      'To move it to the current one:  temporal workflow update-options ' +
      `--workflow-id ${run.workflowId} --versioning-override-behavior auto_upgrade`;
  }
}

/** The worker cannot go on with the run: its code does not fit, or something it needs is missing. */
export class RunStuck extends Error {
  override name = 'RunStuck';

  constructor(server: string, options: { cause?: unknown } = {}) {
    super(
      `The worker cannot go on with the run of ${server}; its last attempt failed inside Temporal. ` +
        'The run keeps its place.\n' +
        'The reason is in the log of the worker. Most often it is older than the run: upgrade it.',
      options,
    );
  }
}

/** The server has an open run; there is never a second one (invariant 10). */
export class RunAlreadyGoing extends Error {
  override name = 'RunAlreadyGoing';

  constructor(server: string, phase: Phase | null, workflowId: string) {
    const where = phase === null ? '' : `, in phase ${phase}`;
    super(
      `${server} has a run already${where} (${workflowId}). Nothing was started.\n` +
        `To follow it:  ironstep watch ${server}\n` +
        `To stop it:    ironstep abort ${server}`,
    );
  }
}

/** No run is known under this name. */
export class NoSuchRun extends Error {
  override name = 'NoSuchRun';

  constructor(server: string, known: readonly string[]) {
    const hint =
      known.length === 0
        ? 'No server has a run yet. Start one:  ironstep provision SPEC'
        : `Servers with a run: ${known.join(', ')}.`;
    super(`There is no run of ${server}. ${hint}`);
  }
}

/** Two rented servers carry the same name. */
export class ServerAmbiguous extends Error {
  override name = 'ServerAmbiguous';

  constructor(server: string, workflowIds: readonly string[]) {
    super(
      `${server} is the name of ${workflowIds.length} servers with an open run. Nothing was done.\n` +
        `Say which one, instead of the name:  ${workflowIds.join('  or  ')}`,
    );
  }
}

/** The run is over, so nothing can be asked of it. */
export class RunOver extends Error {
  override name = 'RunOver';

  constructor(server: string) {
    super(
      `The run of ${server} is over; nothing was changed.\n` +
        `How it ended:  ironstep status ${server}`,
    );
  }
}

/** The run did not accept what it was asked; the message is the run's own. */
export class RequestRefused extends Error {
  override name = 'RequestRefused';
}
