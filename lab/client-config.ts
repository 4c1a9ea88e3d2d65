import { join } from 'node:path';

import { stringify } from 'yaml';

import { apiBase, imageBase, labPaths } from './lab-config.ts';
import type { LabConfig } from './lab-config.ts';
import { replaceFile } from './state-file.ts';

/**
 * What ironstep reads to work with a lab: credentials.yaml with the account `lab`, and mirrors.yaml
 * with the mirror `lab` when there are images.
 */
export function writeClientConfig(folder: string, config: LabConfig): void {
  const { clientConfig } = labPaths(folder);
  const account = { kind: 'ovh', endpoint: apiBase(config), ...config.keys };
  replaceFile(join(clientConfig, 'credentials.yaml'), stringify({ lab: account }));
  if (config.images === null) return;
  const { signedBy, signingKeyFile } = config.images;
  const mirror = { url: `${imageBase(config)}/{channel}`, signedBy, key: signingKeyFile };
  replaceFile(join(clientConfig, 'mirrors.yaml'), stringify({ lab: mirror }));
}
