/** The server was booted again in the middle of a phase: power cut, watchdog or somebody else. */
export class ServerRebooted extends Error {
  override name = 'ServerRebooted';

  constructor(server: string, expectedBootId: string, foundBootId: string) {
    super(
      `${server} was rebooted in the middle of a phase (boot ${foundBootId.slice(0, 8)} answers, ` +
        `expected ${expectedBootId.slice(0, 8)}). The run goes back to rescue and looks again.`,
    );
  }
}

/** The server did not come up in time. A person may look, or wait longer. */
export class ServerSilent extends Error {
  override name = 'ServerSilent';
}

/** The host refused the phase before it wrote anything (exit code 10 of our scripts). */
export class RefusedOnHost extends Error {
  override name = 'RefusedOnHost';
}

/**
 * The supervisor of a job was killed on the host (memory ran out, or somebody did it): how far its
 * work came is unknown. Look at the memory; `resume` begins the work anew.
 */
export class JobCrashed extends Error {
  override name = 'JobCrashed';
}

/** A phase's work on the host failed; the log's last lines are in the message. */
export class HostWorkFailed extends Error {
  override name = 'HostWorkFailed';
}

/** The provider's account, service or hardware does not allow this run. Seen before any change. */
export class PreflightRefused extends Error {
  override name = 'PreflightRefused';
}

/** The installed system is not what was installed: stamp, config or size differ. */
export class SystemNotAsInstalled extends Error {
  override name = 'SystemNotAsInstalled';
}

/** The provider's task for a reset ended in an error on the provider's side. */
export class ResetTaskFailed extends Error {
  override name = 'ResetTaskFailed';
}
