import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { wheelVersion } from './temporal-wheel.ts';

/**
 * Installs the Temporal CLI at `path` by the SDK's own download, which has no digest of ours: the
 * last resort. The file appears whole or not at all. Throws the SDK's error, or that of the import
 * when @temporalio/testing is not installed.
 */
export async function downloadBySdk(path: string): Promise<void> {
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(join(folder, '.download-'));
  try {
    // The SDK offers the download only as a part of starting a server.
    const environment = await TestWorkflowEnvironment.createLocal({
      server: {
        executable: {
          type: 'cached-download',
          downloadDir: scratch,
          version: `v${wheelVersion}`,
        },
      },
    });
    await environment.teardown();
    const [program] = await readdir(scratch);
    if (program === undefined) throw new Error('the SDK left no file');
    const draft = join(scratch, 'temporal');
    await copyFile(join(scratch, program), draft);
    await chmod(draft, 0o755);
    await rename(draft, path);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
