import { expect, it } from 'vitest';
import { parse } from 'yaml';

import { demoSpec } from './demo-spec.ts';

it('says on which port the demo’s server answers when that is not 22', () => {
  expect(parse(demoSpec(22))).toMatchObject({ ssh: { authorizedKeys: ['demo.pub'] } });
  expect(parse(demoSpec(22))).not.toHaveProperty('ssh.port');
  expect(parse(demoSpec(2201))).toMatchObject({
    ssh: { port: 2201, authorizedKeys: ['demo.pub'] },
  });
});
