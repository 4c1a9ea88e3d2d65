import { expect, it } from 'vitest';

import { partUuidsOf } from './part-uuids.ts';

const provider = { kind: 'ovh', service: 'ns1', account: 'lab' } as const;
const data = { name: 'data', size: 2 ** 40, filesystem: 'ext4', mount: '/srv/data' } as const;
const logs = { name: 'logs', size: 'rest', filesystem: 'btrfs', mount: '/srv/logs' } as const;
const layout = { apply: 'presize' as const, root: 100 * 2 ** 30, partitions: [data, logs] };

it('the same server and layout have the same PARTUUIDs, also when they are reached otherwise', () => {
  const uuids = partUuidsOf({ provider, layout });
  expect(Object.keys(uuids)).toEqual(['data', 'logs']);
  expect(uuids['data']).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  expect(uuids['data']).not.toBe(uuids['logs']);
  const account = { ...provider, account: 'another' };
  expect(partUuidsOf({ provider: account, layout: { ...layout, apply: 'shrink' } })).toEqual(uuids);
});

it.each([
  ['another server', { provider: { ...provider, service: 'ns2' }, layout }],
  ['another size of ROOT', { provider, layout: { ...layout, root: 90 * 2 ** 30 } }],
  [
    'another partition',
    { provider, layout: { ...layout, partitions: [{ ...data, size: 1 }, logs] } },
  ],
])('%s has others', (_, spec) => {
  expect(partUuidsOf(spec)['logs']).not.toBe(partUuidsOf({ provider, layout })['logs']);
});

it('no layout needs none', () => {
  expect(partUuidsOf({ provider })).toEqual({});
});
