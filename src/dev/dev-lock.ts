import { link, rm, writeFile } from 'node:fs/promises';

import { devFile, devStatus } from './dev-status.ts';
import { readLivePid, removePidFile } from './pid-file.ts';

/**
 * A `dev` of this person runs already.
 *
 * @where command line
 * @changed Nothing; the one that runs goes on.
 * @remedy Use it as it is, or end it first with `ironstep dev --stop`.
 * @example
 * ironstep dev runs already (process 4242, UI http://127.0.0.1:8233). To end it: ironstep dev \
 * --stop
 */
export class DevAlreadyRunning extends Error {
  override name = 'DevAlreadyRunning';
}

/** Makes this process the one `dev` of this person. Throws DevAlreadyRunning. */
export async function takeDevLock(): Promise<void> {
  const path = devFile('dev.pid');
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${process.pid}\n`, { mode: 0o600 });
  try {
    while (!(await linkIfFree(draft, path))) {
      const pid = await readLivePid(path);
      if (pid !== null) {
        const ui = (await devStatus())?.uiUrl;
        throw new DevAlreadyRunning(
          `ironstep dev runs already (process ${pid}${ui === undefined ? '' : `, UI ${ui}`}). ` +
            `To end it: ironstep dev --stop`,
        );
      }
      await removePidFile(path);
    }
  } finally {
    await rm(draft, { force: true });
  }
}

/** Gives the lock back. */
export async function releaseDevLock(): Promise<void> {
  await removePidFile(devFile('dev.pid'));
}

async function linkIfFree(draft: string, path: string): Promise<boolean> {
  try {
    // The name appears with its content, unlike a file that is created and then written.
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}
