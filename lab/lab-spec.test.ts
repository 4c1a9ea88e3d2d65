import { expect, it } from 'vitest';

import { parseSpec } from '../src/spec/parse-spec.ts';
import { labSpec } from './lab-spec.ts';
import type { LabServerView } from './server-view.ts';

const view = {
  name: 'core2',
  service: 'ns3067890.ip-5-39-80.eu',
  disks: [{ serial: 'Z1D5KS2B' }],
} as Partial<LabServerView> as LabServerView;

it.each([22, 2202])('is a spec as it stands, with SSH on port %d', (sshPort) => {
  expect(parseSpec(labSpec({ ...view, sshPort }), 'core2.yaml')).toMatchObject({
    server: 'core2',
    provider: { service: 'ns3067890.ip-5-39-80.eu', account: 'lab' },
    disk: { serial: 'Z1D5KS2B' },
    ssh: { port: sshPort },
  });
});
