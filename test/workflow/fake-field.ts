import { randomUUID } from 'node:crypto';

import { Context } from '@temporalio/activity';

import type { Activities } from '../../src/activities/index.ts';
import type { DiskAnswer } from '../../src/activities/disk-answer.ts';
import type { Glance } from '../../src/activities/glance.ts';
import type { Selected } from '../../src/activities/inspect.ts';
import { notYet } from '../../src/activities/not-yet.ts';
import type { WatchEnd } from '../../src/activities/parked.ts';
import type { MayBoot } from '../../src/activities/may-boot.ts';
import type { Recognised } from '../../src/activities/recognise.ts';
import type { Surroundings } from '../../src/run/answering.ts';
import type { Seen } from '../../src/activities/see-disk.ts';
import type { BlockDevice } from '../../src/disk/block-device.ts';
import type { ProvisionRequest, ServerRequest } from '../../src/contract.ts';
import type { ServerPlan } from '../../src/run/server-plan.ts';
import type { SettingsSnapshot } from '../../src/providers/provider.ts';
import type { Plan, ServerAccess, System } from '../../src/run/plan.ts';

const gib = 2 ** 30;

/** Activities over a server that exists only as a list of what was done to it. */
export class FakeField {
  readonly calls: string[] = [];
  /** What the disk holds; `empty` or a fingerprint. */
  fingerprint = 'empty';
  /** Which system answers before anything is rebooted, and whether it is the plan's already. */
  answering: System | null = null;
  recognised: Recognised | null = null;
  /** What an earlier run left on the disk. */
  onDisk: Partial<Pick<Selected, 'installed' | 'repartitionBegun'>> = {};
  /** What an earlier run has left to put back in the provider's settings. */
  settingsLeft: SettingsSnapshot | null = null;
  /** No system at all answers. */
  silent = false;
  /** What is seen when rescue does not come up. */
  around: Surroundings = { answering: { kind: 'silent', seen: 'no SSH banner' }, provider: [] };
  /** Rescue images of the provider that were not tried. */
  otherImage: string | null = 'rescue11';
  /** What a parked run finds at its next look; null: nothing yet. */
  appears: WatchEnd['kind'] | null = null;
  /** What rescue says of the disks, and what answers after a boot from them. */
  mayBoot: MayBoot = { reasons: [], ours: true };
  diskAnswer: DiskAnswer | null = null;
  /** The next call of this activity throws this, once. */
  readonly failOnce = new Map<string, Error>();
  /** Each call of this activity throws this. */
  readonly failAlways = new Map<string, Error>();
  /** Activities of these names wait until they are let go. */
  readonly gates = new Map<string, Promise<void>>();

  get activities(): Activities {
    const plain: Activities = { ...this.#around, ...this.#phases };
    return Object.fromEntries(
      Object.entries(plain).map(([name, activity]) => [name, this.#watched(name, activity)]),
    ) as Activities;
  }

  /** What comes before a run, after it and beside it: settings, looks, plans, logins. */
  get #around() {
    return {
      preflight: async (request) => ({
        plan: planOf(request),
        config: { ignition: '{}', userData: null },
      }),
      saveSettings: async (target) => ({
        snapshot: { service: target.provider.service, takenAt: '', values: { bootId: 1 } },
        ours: false,
        warnings: [],
      }),
      showSettings: async ({ server, provider }) => ({
        server,
        provider: provider.kind,
        service: provider.service,
        account: provider.account,
        savedAt: null,
        settings: [],
        warnings: [],
      }),
      settingsLeft: async (request) => ({
        access: accessOf(request),
        original: this.settingsLeft,
        changed: [],
        warnings: [],
      }),
      recognise: async () => this.recognised,
      reach: async (request) => ({ access: accessOf(request), summary: 'reachable' }),
      access: async (request) => accessOf(request),
      mayBoot: async () => this.mayBoot,
      harvestFirstBoot: async () => [
        { title: 'end of the journal', lines: ['ignition[312]: failed to fetch config'] },
      ],
      lookAround: async () => this.around,
      otherRescueImage: async () => this.otherImage,
      watchParked: async (_target, { pace }) => {
        if (this.appears === null) throw notYet('nothing answers', pace.parkedLookMs);
        if (this.appears === 'provider-idle') return { kind: this.appears };
        return { kind: this.appears, system: this.#boot('rescue') };
      },
      latestTask: async () => 7,
      waitForDisk: async () =>
        this.diskAnswer ?? { kind: 'installed', system: this.#boot('installed') },
      findOurSystem: async () => ({ device: deviceWith('7c1e90aabbcc'), receipt: '{}' }),
      placeLogin: async () => ({ added: 2 }),
      takeKeys: async () => ({ file: '/home/core/.ssh/authorized_keys', added: 0 }),
      finishJobs: async () => [],
      glance: async () => this.#glance(),
      describePlan: async ({ plan, seen }) => planOfServer(plan, seen),
      restoreSettings: async () => {},
      restoreMonitoring: async () => {},
    } satisfies Partial<Activities>;
  }

  /** What the phases do, from rescue on. */
  get #phases() {
    return {
      armRescue: async (_target, image) => ({
        image: image ?? 'rescue12',
        watermark: 7,
        mailWatermark: null,
      }),
      whoAnswers: async () => this.answering,
      hardReset: async () => ({ task: task(8), sentAtMs: Date.now() }),
      waitForTask: async () => task(8),
      waitForRescue: async () => this.#boot('rescue'),
      inspect: async () => ({ ...selected(this.fingerprint), ...this.onDisk }),
      stageImage: async () => ({
        imageBytes: gib,
        table: { label: 'gpt', id: '', firstLba: 34, sectorBytes: 512, entries: [] },
        job: { script: 'stage-image', starts: 1, durationMs: 5 },
      }),
      writeImage: async () => ({ bytesWritten: gib, jobs: [], layout: null }),
      armDisk: async () => {},
      rebootFromInside: async () => ({ sentAtMs: Date.now() }),
      waitForInstalled: async () => this.#boot('installed'),
      waitForOldSystem: async () => true,
      releaseHold: async () => {},
      proveFirstBoot: async () => ({
        osVersion: '1.0',
        rootBytes: 2000 * gib,
        failedUnits: [],
        state: 'running',
      }),
      inspectInstalled: async () => deviceWith('7c1e90aabbcc'),
      repartition: async () => ({
        layout: { rootStartSector: 1, rootSizeSectors: 2, partitions: [] },
        rootStartUnchanged: true,
        partuuidUnchanged: true,
        typeUnchanged: true,
        filesUnchanged: 412,
        filesChanged: 0,
        job: { script: 'repartition', starts: 1, durationMs: 5 },
      }),
      verify: async () => ({
        partitions: [],
        rootBytes: 100 * gib,
        hostKeyFingerprint: 'SHA256:x',
        failedUnits: [],
      }),
    } satisfies Partial<Activities>;
  }

  #watched(name: string, activity: (...args: never[]) => Promise<unknown>) {
    return async (...args: never[]): Promise<unknown> => {
      this.calls.push(name);
      await untilOpen(this.gates.get(name));
      const failure = this.failOnce.get(name) ?? this.failAlways.get(name);
      this.failOnce.delete(name);
      if (failure !== undefined) throw failure;
      return activity(...args);
    };
  }

  #glance(): Glance {
    const system = this.answering;
    if (this.silent) return { kind: 'silent' };
    return system === null ? { kind: 'stranger' } : { kind: system.kind, system };
  }

  #boot(kind: System['kind']): System {
    return {
      kind,
      bootId: randomUUID(),
      hostKey: 'ssh-ed25519 AAAA',
      user: kind === 'rescue' ? 'root' : 'core',
      waitedMs: 1000,
      kernel: '6.1.0',
    };
  }
}

/** Waits as a real activity does: with heartbeats, by which a cancellation comes. */
async function untilOpen(gate: Promise<void> | undefined): Promise<void> {
  if (gate === undefined) return;
  const context = Context.current();
  const beats = setInterval(() => context.heartbeat(), 100);
  await Promise.race([gate, context.cancelled]).finally(() => clearInterval(beats));
}

function selected(fingerprint: string): Selected {
  const device = deviceWith(fingerprint);
  const { serial, model, sizeBytes } = device;
  return {
    kind: 'selected',
    device,
    view: { serial, model, sizeBytes, rotational: true, fingerprint, partitions: [] },
    installed: false,
    repartitionBegun: false,
    layout: null,
    summary: '1 disk',
    anyContents: fingerprint !== 'empty',
  };
}

function accessOf({ server, provider }: Pick<ServerRequest, 'server' | 'provider'>): ServerAccess {
  return {
    target: { server, provider, address: '127.0.0.1', sshPort: 22 },
    keys: { login: 'l', host: 'ssh-ed25519 AAAA', rescue: 'r' },
    rescueImage: null,
  };
}

function planOf({ spec }: ProvisionRequest): Plan {
  return {
    ...accessOf(spec),
    headline: 'Flatcar 1.0',
    release: {
      os: 'flatcar',
      channel: 'stable',
      version: '1.0',
      url: 'http://127.0.0.1/image',
      compression: 'zst',
      sha512: 'a'.repeat(128),
      compressedBytes: 1,
      signedBy: 'F'.repeat(40),
      signature: 'digest-list',
    },
    apply: spec.layout?.apply ?? 'whole-disk',
    disk: spec.disk,
    layout: spec.layout ?? null,
    partUuids: {},
    configDigest: 'c'.repeat(64),
    warnings: [],
    summary: 'looks good',
  };
}

function task(taskId: number) {
  return {
    taskId,
    kind: 'hardReboot',
    state: 'done',
    providerState: 'done',
    comment: null,
  } as const;
}

function planOfServer(plan: Plan, seen: Seen): ServerPlan {
  const { target, release, apply } = plan;
  return {
    server: target.server,
    provider: target.provider.kind,
    service: target.provider.service,
    account: target.provider.account,
    address: target.address,
    datacenter: null,
    apply,
    boots: ['rescue', 'disk'],
    minutes: { all: 20, perBoot: 6, install: 8, shrink: 0 },
    image: { ...release },
    machine: null,
    disks: '1 × 2000 GB SATA',
    answering: seen.kind === 'rescue' ? { kind: 'rescue', jobs: [] } : { kind: seen.kind },
    reached: 'nothing',
    disk: null,
    layout: [],
    wipe: null,
    settings: [],
    warnings: plan.warnings,
  };
}

function deviceWith(fingerprint: string): BlockDevice {
  return {
    path: '/dev/sda',
    serial: 'SERIAL-1',
    wwn: '',
    model: 'DISK',
    sizeBytes: 2000 * gib,
    logicalSectorBytes: 512,
    rotational: true,
    transport: 'sata',
    readOnly: false,
    removable: false,
    tableKind: 'gpt',
    fingerprint,
    tableJson: null,
    partitions: [],
    wholeDisk: null,
    busy: [],
  };
}
