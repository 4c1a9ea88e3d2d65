import type { LabImages } from './images/ensure-images.ts';
import type { LabImageFiles } from './lab-config.ts';

/** What a lab keeps of the images that were built: absolute paths. */
export function imageFiles({ kernel, initrd, rescueSquashfs, release }: LabImages): LabImageFiles {
  return {
    kernel,
    initrd,
    rescueSquashfs,
    releaseFolder: release.folder,
    releaseVersion: release.version,
    signingKeyFile: release.signingKeyFile,
    signedBy: release.signedBy,
  };
}
