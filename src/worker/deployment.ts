import type { WorkerDeploymentOptions } from '@temporalio/worker';

/**
 * IRONSTEP_DEPLOYMENT is not of the form `DEPLOYMENT/BUILD`.
 *
 * @where worker
 * @changed Nothing. The worker did not start.
 * @remedy Write it like ironstep/2026-11-24, or leave the variable out.
 * @example
 * IRONSTEP_DEPLOYMENT is "2026". Write DEPLOYMENT/BUILD, like ironstep/2026-11-24, or leave it \
 * out: then any worker continues any run.
 */
export class DeploymentInvalid extends Error {
  override name = 'DeploymentInvalid';

  constructor(text: string) {
    super(
      `IRONSTEP_DEPLOYMENT is "${text}". Write DEPLOYMENT/BUILD, like ironstep/2026-11-24, or leave ` +
        'it out: then any worker continues any run.',
    );
  }
}

/**
 * Pins runs to the version of this worker when IRONSTEP_DEPLOYMENT names it; by default runs go on
 * under whatever worker there is (docs/guide/upgrading.md). Throws DeploymentInvalid.
 */
export function deploymentOptions(text: string | undefined = process.env['IRONSTEP_DEPLOYMENT']): {
  workerDeploymentOptions?: WorkerDeploymentOptions;
} {
  if (text === undefined || text === '') return {};
  const [, deploymentName, buildId] = /^([\w.-]+)\/([\w.-]+)$/.exec(text) ?? [];
  if (deploymentName === undefined || buildId === undefined) throw new DeploymentInvalid(text);
  return {
    workerDeploymentOptions: {
      version: { deploymentName, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'PINNED',
    },
  };
}
