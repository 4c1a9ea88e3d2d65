import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readBootId } from '../../src/ssh/boot-id.ts';
import { connect } from '../../src/ssh/connection.ts';
import type { SshTarget } from '../../src/ssh/connection.ts';
import { followJob, jobState, startJob } from '../../src/ssh/job.ts';
import type { JobState } from '../../src/ssh/job-state.ts';
import { installScripts } from '../../src/ssh/scripts.ts';

const remote = join(import.meta.dirname, '../../src/remote');
const gate = '/run/ironstep/gate';
const connectOptions = { connectTimeoutMs: 60_000 };

/** Ends when somebody opens the gate. */
const waitScript = `main() {
  until [ -e "$1" ]; do sleep 0.2; done
}
main "$@"
`;

/**
 * Starts a job over one SSH session, ends the session, and asks over another one: before and after
 * the job is let go.
 */
export async function outlivingJob(target: SshTarget): Promise<{ then: JobState; end: JobState }> {
  const source = mkdtempSync(join(tmpdir(), 'ironstep-scripts-'));
  try {
    for (const name of ['job.sh', 'receive-scripts.sh']) {
      copyFileSync(join(remote, name), join(source, name));
    }
    writeFileSync(join(source, 'wait.sh'), waitScript);
    const first = await connect(target, connectOptions);
    const bootId = await readBootId(first);
    const job = { key: 'outlives', attempt: 1, bootId, script: 'wait', args: [gate] };
    await startJob(await installScripts(first, { source }), job);
    await first.close();
    await using second = await connect(target, connectOptions);
    const scripts = await installScripts(second, { source });
    const then = await jobState(scripts, job);
    await second.execOk(['sudo', '-n', 'touch', gate]);
    return { then, end: await followJob(scripts, job) };
  } finally {
    rmSync(source, { recursive: true, force: true });
  }
}
