import type { Phase } from '../run/status.ts';

/**
 * Temporal answers, but no worker does. Start one; the run keeps its place meanwhile.
 *
 * @where command line
 * @changed Nothing. The run keeps its place, and a request that was not answered may still be
 *   carried out when a worker comes: look with `ironstep status` before you repeat it.
 * @remedy Start a worker: `ironstep worker`, or `ironstep dev` with Temporal. On another machine,
 *   see that its worker polls the same namespace.
 * @example
 * No worker answers for core1. The run keeps its place and goes on with a worker.
 * To start one on this machine:  ironstep worker
 * With Temporal, if that is to run here too:  ironstep dev
 */
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

/**
 * The run is pinned to a version of the worker, and no worker of that version runs any more.
 *
 * @where command line
 * @changed Nothing. The run keeps its place.
 * @remedy Start a worker of that version, or move the run to the current one, as the message says.
 * @example
 * The run of core1 belongs to version ironstep/2026-11-24 of the worker, and no worker of that \
 * version answers. The run keeps its place.
 * To go on with that version:  IRONSTEP_DEPLOYMENT=ironstep/2026-11-24 ironstep worker
 * To move it to the current one:  temporal workflow update-options --workflow-id \
 * server/ovh/ns3012345.ip-5-39-80.eu --versioning-override-behavior auto_upgrade
 */
export class NoWorkerOfVersion extends Error {
  override name = 'NoWorkerOfVersion';
  /** `DEPLOYMENT/BUILD`. */
  readonly version: string;

  constructor(run: { server: string; workflowId: string }, version: string) {
    super(
      `The run of ${run.server} belongs to version ${version} of the worker, and no worker of that ` +
        'version answers. The run keeps its place.\n' +
        `To go on with that version:  IRONSTEP_DEPLOYMENT=${version} ironstep worker\n` +
        'To move it to the current one:  temporal workflow update-options ' +
        `--workflow-id ${run.workflowId} --versioning-override-behavior auto_upgrade`,
    );
    this.version = version;
  }
}

/**
 * The worker cannot go on with the run: its code does not fit, or something it needs is missing.
 *
 * @where command line
 * @changed Nothing. The run keeps its place and is tried again for ever.
 * @remedy Read the log of the worker. Most often it is older than the run: upgrade it, and the run
 *   goes on.
 * @example
 * The worker cannot go on with the run of core1; its last attempt failed inside Temporal. The \
 * run keeps its place.
 * The reason is in the log of the worker. Most often it is older than the run: upgrade it.
 */
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

/**
 * The server has an open run; there is never a second one (invariant 10).
 *
 * @where command line
 * @changed Nothing was started; the open run was not touched.
 * @remedy Follow the open run with `ironstep watch`, or stop it with `ironstep abort` first.
 * @example
 * core1 has a run already, in phase install (server/ovh/ns3012345.ip-5-39-80.eu). Nothing was \
 * started.
 * To follow it:  ironstep watch core1
 * To stop it:    ironstep abort core1
 */
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

/**
 * No run is known under this name.
 *
 * @where command line
 * @changed Nothing.
 * @remedy Correct the name: the message lists those that Temporal knows. A run that ended longer
 *   ago than the retention of the namespace is forgotten.
 * @example
 * There is no run of core9. Servers with a run: core1, core2.
 */
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

/**
 * Two rented servers carry the same name.
 *
 * @where command line
 * @changed Nothing was done to either.
 * @remedy Say which one by its workflow id, as the message shows it, or by `provider/service`.
 * @example
 * core1 is the name of 2 servers with an open run. Nothing was done.
 * Say which one, instead of the name:  server/ovh/ns3012345  or  server/ovh/ns3067890
 */
export class ServerAmbiguous extends Error {
  override name = 'ServerAmbiguous';

  constructor(server: string, workflowIds: readonly string[]) {
    super(
      `${server} is the name of ${workflowIds.length} servers with an open run. Nothing was done.\n` +
        `Say which one, instead of the name:  ${workflowIds.join('  or  ')}`,
    );
  }
}

/**
 * The run is over, so nothing can be asked of it.
 *
 * @where command line
 * @changed Nothing.
 * @remedy Look how it ended with `ironstep status`; start a new run if there is more to do.
 * @example
 * The run of core1 is over; nothing was changed.
 * How it ended:  ironstep status core1
 */
export class RunOver extends Error {
  override name = 'RunOver';

  constructor(server: string) {
    super(
      `The run of ${server} is over; nothing was changed.\n` +
        `How it ended:  ironstep status ${server}`,
    );
  }
}

/**
 * The run did not accept what it was asked; the message is the run's own.
 *
 * @where command line
 * @changed Nothing. The run goes on waiting, or working, as before.
 * @remedy The message is the run's own and says what it would accept.
 * @example
 * this run waits for no approval
 */
export class RequestRefused extends Error {
  override name = 'RequestRefused';
}

/**
 * The worker would not answer a question about a server: its own words, and the class of its error.
 *
 * @where command line
 * @changed Nothing.
 * @remedy Do what the message says; the page of the worker's own error tells more.
 * @example
 * layout.root: 100 GiB does not fit on ns3011111.
 */
export class QuestionRefused extends Error {
  override name = 'QuestionRefused';
  /** The class of the worker's error: LayoutDoesNotFit, ProviderNotFound, … */
  readonly reason: string;

  constructor(message: string, reason: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.reason = reason;
  }
}
