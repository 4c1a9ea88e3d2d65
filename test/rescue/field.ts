import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Field } from '../../lab/field.ts';
import { Journal, type JournalEntry } from '../../lab/journal.ts';
import { newKeys, parseServers, planServers } from '../../lab/lab-config.ts';
import type { LabConfig } from '../../lab/lab-config.ts';
import type { LabServer } from '../../lab/lab-server.ts';
import { startOvhApi } from '../../lab/ovh/http-server.ts';
import { Faults, scenarioSchema } from '../../lab/scenario.ts';
import type { FaultInput } from '../../lab/scenario.ts';
import { Technicians } from '../../lab/technicians.ts';
import { createActivities, type Activities } from '../../src/activities/index.ts';
import { openSystem } from '../../src/activities/open-system.ts';
import type { Dependencies } from '../../src/activities/dependencies.ts';
import { serverRequestOf, type ProvisionRequest } from '../../src/contract.ts';
import { openProvider } from '../../src/providers/registry.ts';
import type { SettingsSnapshot } from '../../src/providers/provider.ts';
import { Secret } from '../../src/secrets/secret.ts';
import type { KeyPair } from '../../src/secrets/derive-key.ts';
import { connect } from '../../src/ssh/connection.ts';
import { connectWithPassword } from '../../src/ssh/password-login.ts';
import { confirmAttempt } from '../../src/worker/confirm-attempt.ts';
import { newKeyPair } from '../fixtures/key-pair.ts';
import { FakeField } from '../workflow/fake-field.ts';
import { StandInMachine } from './machine.ts';

const tickMs = 25;

/**
 * One server of the OVH simulator with a machine that stands in for a real one, and a worker's
 * activities over both: all that has to do with rescue is real (API, resets, SSH, proofs), what is
 * done in rescue is not.
 */
export class RescueField {
  readonly server: LabServer;
  readonly machine: StandInMachine;
  readonly faults: Faults;
  readonly activities: Activities;
  /** What the fake part was asked to do. */
  readonly fake: FakeField;
  /** What is installed boots, but never answers. */
  installsSilently = false;
  /** How quickly technicians come and go. */
  readonly technicians = { alarmAfterMs: 600, arriveAfterMs: 400, leaveAfterMs: 1_500 };
  /** How far the provider's clock is ahead of ours. */
  clockAheadMs = 0;
  readonly #field: Field;
  readonly #dependencies: Dependencies;
  readonly #technicians: Technicians;
  readonly #journal: Journal;
  readonly #passwords = new Set<string>();
  readonly #stop: () => Promise<void>;

  private constructor(parts: {
    field: Field;
    faults: Faults;
    journal: Journal;
    api: { url: string; close: () => Promise<void> };
    keys: LabConfig['keys'];
    folder: string;
  }) {
    const { field, faults, journal, api } = parts;
    const server = field.servers[0];
    if (server === undefined) throw new Error('a field without a server');
    this.server = server;
    this.faults = faults;
    this.#field = field;
    this.#journal = journal;
    const dependencies = dependenciesFor(`${api.url}/1.0`, parts.keys);
    const { service } = server.config;
    const of = { kind: 'ovh', service, account: 'lab' } as const;
    this.machine = new StandInMachine(server, faults, dependencies.keyPair(of, 'rescue').publicKey);
    this.#technicians = new Technicians({
      pace: this.technicians,
      now: field.now,
      pings: async () => this.machine.answersPings,
    });
    this.fake = new FakeField();
    this.#dependencies = dependencies;
    this.activities = this.#activities(dependencies);
    const timer = setInterval(() => void this.#tick(), tickMs);
    this.#stop = async () => {
      clearInterval(timer);
      await server.idle();
      await this.machine.stop();
      await api.close();
      rmSync(parts.folder, { recursive: true });
    };
  }

  /** `net`: the first three numbers of an address of its own, so that scenarios run side by side. */
  static async start(net: string, sshPort: number): Promise<RescueField> {
    const folder = mkdtempSync(join(tmpdir(), 'ironstep-rescue-'));
    const config: LabConfig = {
      ports: { api: 1, images: 1, control: 1 },
      keys: newKeys(),
      bootIdShift: 0,
      servers: planServers(parseServers('core1:KS-2a'), net, () => sshPort),
      images: null,
    };
    const faults = new Faults(join(folder, 'faults.json'));
    const ahead = { ms: () => 0 };
    const field = new Field({
      ...{ folder, config, acceleration: 'tcg', faults, log: () => undefined },
      pace: { initMs: 50, todoMs: 50, doingMs: 150 },
      now: () => Date.now() + ahead.ms(),
    });
    await field.resume();
    const journal = new Journal(join(folder, 'journal.jsonl'));
    const { keys } = config;
    const api = await startOvhApi({ field, faults, journal, keys, port: 0 });
    const made = new RescueField({ field, faults, journal, api, keys, folder });
    ahead.ms = () => made.clockAheadMs;
    return made;
  }

  stop(): Promise<void> {
    return this.#stop();
  }

  arm(...faults: FaultInput[]): void {
    this.faults.arm(scenarioSchema.parse({ faults }).faults);
  }

  /** A system that ironstep installed is on the disk. */
  installed(): void {
    if (this.installsSilently) {
      this.machine.onDisk = { kind: 'nothing' };
      return;
    }
    const of = { kind: 'ovh', service: this.server.config.service, account: 'lab' } as const;
    const hostKey = this.#dependencies.keyPair(of, 'host').privateKey;
    const loginKey = this.#dependencies.keyPair(of, 'login').publicKey;
    this.machine.onDisk = { kind: 'ours', hostKey, loginKey };
  }

  /** A technician comes by themselves. */
  sendTechnician(): void {
    this.#technicians.send(this.server, 'planned work', this.#field.servers);
  }

  calls(): JournalEntry[] {
    return this.#journal.read();
  }

  /** Every password that root of the machine has had. */
  get passwords(): string[] {
    return [...this.#passwords];
  }

  async #tick(): Promise<void> {
    this.#field.tick();
    await this.machine.tick();
    await this.#technicians.tick(this.#field.servers);
    const password = this.server.rescueSecret?.password;
    if (password !== undefined) this.#passwords.add(password);
  }

  #activities(dependencies: Dependencies): Activities {
    const real = createActivities(dependencies);
    const fake = this.fake.activities;
    return {
      ...real,
      ...pick(fake, ['recognise', 'inspect', 'inspectInstalled', 'repartition', 'verify']),
      ...pick(fake, ['proveFirstBoot', 'releaseHold', 'finishJobs', 'mayBoot', 'describePlan']),
      preflight: async (request) => {
        const planned = await fake.preflight(request);
        const { access } = await real.reach(serverRequestOf(request));
        return { ...planned, plan: { ...planned.plan, ...access } };
      },
      stageImage: async (plan, rescue, attempt) => {
        await using _open = await openSystem(dependencies, plan.target, rescue);
        return fake.stageImage(plan, rescue, attempt);
      },
      writeImage: async (work) => {
        const written = await fake.writeImage(work);
        this.installed();
        return written;
      },
    };
  }

  /** The request of a run of this server, as quick as the field is. */
  request(rescue: Partial<ProvisionRequest['spec']['rescue']>): ProvisionRequest {
    const { service, sshPort } = this.server.config;
    return {
      by: 'test',
      wipe: 'SERIAL-1',
      pace: {
        ...{ pollMs: 50, waitAttemptMs: 1_000, resetLookMs: 1_000, resetIntervalMs },
        ...{ taskStuckMs: 2_500, anotherSystemMs: 500, providerLookMs: 100, parkedLookMs: 150 },
        ...{
          parkedLookMaxMs: 300,
          bootDeadlineMs: this.installsSilently ? 1_500 : 20_000,
          settleDeadlineMs: 2_500,
        },
        oldSystemDeadlineMs: 2_500,
      },
      spec: {
        server: 'core1',
        provider: { kind: 'ovh', service, account: 'lab' },
        image: { os: 'flatcar', channel: 'stable' },
        config: { kind: 'none' },
        disk: { serial: 'SERIAL-1' },
        ssh: { port: sshPort, authorizedKeys: [] },
        layout: { apply: 'presize', root: 100 * 2 ** 30, partitions: [] },
        rescue: { giveUpAfter: 2_500, ladder: ['hard-reset', 're-arm'], ...rescue },
      },
    };
  }
}

/** Between two resets of this field, at least. */
export const resetIntervalMs = 400;

function pick<Name extends keyof Activities>(
  activities: Activities,
  names: Name[],
): Pick<Activities, Name> {
  return Object.fromEntries(names.map((name) => [name, activities[name]])) as Pick<
    Activities,
    Name
  >;
}

function dependenciesFor(endpoint: string, keys: LabConfig['keys']): Dependencies {
  const pairs = new Map<string, KeyPair>();
  const saved = new Map<string, SettingsSnapshot>();
  const account = {
    ...({ name: 'lab', kind: 'ovh', endpoint, mailHistory: true, mailbox: null } as const),
    applicationKey: new Secret(keys.applicationKey),
    applicationSecret: new Secret(keys.applicationSecret),
    consumerKey: new Secret(keys.consumerKey),
  };
  return {
    provider: async (reference) => openProvider(reference, account),
    keyPair: ({ service }, purpose) => {
      const name = `${service} ${purpose}`;
      const pair = pairs.get(name) ?? newKeyPair(purpose);
      pairs.set(name, pair);
      return pair;
    },
    signReceipt: (text) => text,
    verifyReceipt: () => false,
    confirmAttempt,
    mirrors: async () => ({}),
    settings: {
      load: async ({ service }) => saved.get(service) ?? null,
      save: async ({ service }, snapshot) =>
        void saved.set(service, saved.get(service) ?? snapshot),
      close: async ({ service }) => void saved.delete(service),
    },
    connect,
    connectWithPassword,
    fetch,
  };
}
