import type { DiskModel, HardwareKind } from '../hardware.ts';
import type { Visit } from '../server-record.ts';
import type { Settings } from './server-state.ts';

/** What the shapes need to know of a server. */
export type ShownServer = {
  service: string;
  number: number;
  address: string;
  kind: HardwareKind;
  power: 'on' | 'off';
  settings: Settings;
};

/** GET /dedicated/server/{serviceName} */
export function dedicatedServer(server: ShownServer): Record<string, unknown> {
  return {
    ...server.settings,
    name: server.service,
    serverId: 700_000 + server.number,
    ip: server.address,
    reverse: `${server.service}.`,
    datacenter: 'rbx8',
    region: 'eu-west-rbx',
    availabilityZone: 'eu-west-rbx-a',
    rack: `80A${String(server.number).padStart(2, '0')}`,
    os: 'none_64',
    commercialRange: 'kimsufi',
    linkSpeed: 100,
    professionalUse: false,
    supportLevel: 'gs',
    powerState: server.power === 'on' ? 'poweron' : 'poweroff',
    newUpgradeSystem: true,
    iam: {
      displayName: server.service,
      id: `00000000-0000-4000-8000-${String(server.number).padStart(12, '0')}`,
      tags: null,
      urn: `urn:v1:eu:resource:dedicatedServer:${server.service}`,
    },
  };
}

/** GET …/specifications/hardware. Disk sizes are the maker's; there are no serial numbers. */
export function hardwareSpecification({ kind }: ShownServer): Record<string, unknown> {
  return {
    bootMode: kind.firmware === 'uefi' ? 'uefi' : 'legacy',
    coresPerProcessor: 2,
    defaultHardwareRaidSize: null,
    defaultHardwareRaidType: null,
    description: kind.name,
    diskGroups: diskGroups(kind.disks),
    expansionCards: null,
    formFactor: '0.25u',
    memorySize: { unit: 'MB', value: kind.memoryMiB },
    motherboard: 'D425KT',
    numberOfProcessors: 1,
    processorArchitecture: 'x86_64',
    processorName: kind.processor,
    threadsPerProcessor: 4,
    usbKeys: null,
  };
}

function diskGroups(disks: DiskModel[]): Record<string, unknown>[] {
  return [...new Set(disks)].map((model, index) => {
    const numberOfDisks = disks.filter((disk) => disk === model).length;
    const sizeGB = Math.round(model.sizeBytes / 1e9);
    return {
      defaultHardwareRaidSize: null,
      defaultHardwareRaidType: null,
      description: `${numberOfDisks} X Disk ${model.type} ${sizeGB} GB, JBOD`,
      diskGroupId: index + 1,
      diskSize: { unit: 'GB', value: sizeGB },
      diskType: model.type,
      numberOfDisks,
      raidController: null,
    };
  });
}

/** GET …/serviceInfos: paid for another year. */
export function serviceInfos(server: ShownServer, nowMs: number): Record<string, unknown> {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const yearMs = 365 * 86_400_000;
  return {
    canDeleteAtExpiration: true,
    contactAdmin: 'ab12345-ovh',
    contactBilling: 'ab12345-ovh',
    contactTech: 'ab12345-ovh',
    creation: day(nowMs - yearMs),
    domain: server.service,
    engagedUpTo: null,
    expiration: day(nowMs + yearMs),
    possibleRenewPeriod: [1, 12],
    renew: {
      automatic: true,
      deleteAtExpiration: false,
      forced: false,
      manualPayment: false,
      period: 1,
    },
    renewalType: 'automaticV2016',
    serviceId: 9_000_000 + server.number,
    status: 'ok',
  };
}

/** GET /dedicated/server/datacenter/availabilities: a stock that does not change. */
export function availabilities(planCode: string | null): Record<string, unknown>[] {
  const stock = ['KS-2a', 'KS-2b', 'KS-2c'].map((name) => {
    const plan = name.toLowerCase().replace('-', '');
    return {
      fqn: `${plan}.ram-4g.sata`,
      planCode: plan,
      server: plan,
      memory: 'ram-4g',
      storage: 'sata',
      systemStorage: null,
      gpu: null,
      datacenters: [
        { datacenter: 'rbx', availability: 'unavailable' },
        { datacenter: 'gra', availability: '24H' },
      ],
    };
  });
  return stock.filter((offer) => planCode === null || offer.planCode === planCode);
}

/** GET …/intervention/{interventionId}: a technician who was there. */
export function shownVisit({ id, sentAtMs }: Visit): Record<string, unknown> {
  return { interventionId: id, date: new Date(sentAtMs).toISOString(), type: 'serverDown' };
}

/** GET …/ongoing: a technician who is sent, or is there. */
export function ongoing(server: { config: { service: string }; visits: Visit[] }) {
  return server.visits
    .filter(({ leftAtMs }) => leftAtMs === null)
    .map(({ id, why, sentAtMs }) => ({
      datacenter: 'rbx8',
      description: `intervention ${id}: ${why}`,
      server: server.config.service,
      todoDate: new Date(sentAtMs).toISOString(),
    }));
}
