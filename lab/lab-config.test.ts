import { describe, expect, it } from 'vitest';

import { defaultServers, LabUsageError, parseServers, planServers } from './lab-config.ts';
import { findHardwareKind } from './hardware.ts';

/** Serial numbers of a server's disks when it is new. */
function serials(server: ReturnType<typeof planServers>[number]): string[] {
  const disks = findHardwareKind(server.kind)?.disks ?? [];
  return disks.map((model, index) => model.serial(server.diskOrdinals[index] ?? 0));
}

describe('the servers of a lab', () => {
  it('by default are the three of the documentation', () => {
    const servers = planServers(parseServers(defaultServers), '127.0.77', () => 22);
    expect(
      servers.map(({ name, kind, address, service }) => [name, kind, address, service]),
    ).toEqual([
      ['core1', 'KS-2a', '127.0.77.1', 'ns3012345.ip-5-39-80.eu'],
      ['core2', 'KS-2b', '127.0.77.2', 'ns3067890.ip-5-39-80.eu'],
      ['core3', 'KS-2c', '127.0.77.3', 'ns3011111.ip-5-39-80.eu'],
    ]);
    expect(servers.flatMap(serials)).toEqual(['WD-WCC4M0KS2A01', 'Z1D5KS2B', 'CVPR1450KS2C01']);
  });

  it('never share a serial number', () => {
    const servers = planServers(
      parseServers('a:KS-2b,b:KS-2d,c:KS-2d,d:KS-2a'),
      '127.0.77',
      () => 22,
    );
    const all = servers.flatMap(serials);
    expect(all).toHaveLength(6);
    expect(new Set(all).size).toBe(6);
    for (const serial of all) expect(serial).toMatch(/^[A-Z0-9-]{8,15}$/);
  });

  it.each(['core1:KS-9', 'Core1:KS-2a', 'a,a', '', 'a:KS-2a:x'])('"%s" is refused', (text) => {
    expect(() => parseServers(text)).toThrow(LabUsageError);
  });
});
