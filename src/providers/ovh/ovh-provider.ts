import {
  ProviderError,
  ProviderNotFound,
  ProviderOutcomeUnknown,
  ProviderRequestInvalid,
} from '../provider-error.ts';
import type {
  Hardware,
  Provider,
  ProviderTask,
  RescueArmed,
  ServerDescription,
  SettingInWords,
  SettingsSnapshot,
  WorkUnderWay,
} from '../provider.ts';
import type { PasswordChannel, RescueBoot } from '../rescue-password.ts';
import { readBlockers, readInterventions } from './blockers.ts';
import type { OvhClient } from './client.ts';
import { hardwareOf } from './hardware.ts';
import { chooseDisk, chooseRescue, listNetboots, rescueNetboots } from './netboot.ts';
import {
  hardwareSchema,
  idsSchema,
  netbootSchema,
  serverNamesSchema,
  serverSchema,
  serviceSchema,
  taskSchema,
} from './schemas.ts';
import type { OvhServer } from './schemas.ts';
import { settingsInWords } from './settings-in-words.ts';
import { changeSettings, settingsIn, settingsOf, withoutOurMarks } from './settings.ts';
import type { Settings } from './settings.ts';
import { mailHistoryPath, passwordChannels } from './passwords.ts';
import type { PasswordSources } from './passwords.ts';
import { readPendingTasks, readTask, taskOf } from './tasks.ts';

/** One dedicated server of OVHcloud, So you Start or Kimsufi; they share one API. */
export class OvhProvider implements Provider {
  readonly capabilities = {
    bootSelection: 'sticky',
    resetTracking: 'task',
    credentialChannels: ['rescue-key', 'secret', 'provider-mail', 'mailbox', 'person'],
  } as const;
  readonly #client: OvhClient;
  readonly #service: string;
  readonly #path: string;
  readonly #mails: Pick<PasswordSources, 'mailHistory' | 'mailbox'>;

  /** Mails are read only where the account allows it: they are all of its service mails. */
  constructor(
    client: OvhClient,
    service: string,
    mails: Pick<PasswordSources, 'mailHistory' | 'mailbox'> = { mailHistory: false, mailbox: null },
  ) {
    this.#client = client;
    this.#service = service;
    this.#path = `/dedicated/server/${encodeURIComponent(service)}`;
    this.#mails = mails;
  }

  async describe(signal?: AbortSignal): Promise<ServerDescription> {
    const client = this.#client;
    const server = await this.#findServer(signal);
    const contract = await client.get(`${this.#path}/serviceInfos`, serviceSchema, signal);
    const at = { serverPath: this.#path, service: this.#service, nowMs: Date.now() };
    const rescue = await listNetboots(client, this.#path, 'rescue', signal);
    return {
      service: this.#service,
      address: server.ip,
      datacenter: server.datacenter ?? null,
      blockers: await readBlockers(client, at, { server, contract }, signal),
      pendingTasks: await readPendingTasks(client, this.#path, signal),
      bootTarget: await this.#bootTarget(server.bootId, signal),
      monitoring: server.monitoring ?? null,
      hardware: await this.#hardware(signal),
      rescueImages: rescueNetboots(rescue).map((netboot) => netboot.kernel ?? ''),
    };
  }

  async readSettings(signal?: AbortSignal): Promise<SettingsSnapshot> {
    const server = await this.#client.get(this.#path, serverSchema, signal);
    const takenAt = new Date().toISOString();
    return { service: this.#service, takenAt, values: settingsOf(server) };
  }

  async settingsInWords(
    snapshot: SettingsSnapshot,
    ourPublicKey: string,
    signal?: AbortSignal,
  ): Promise<SettingInWords[]> {
    const server = { client: this.#client, serverPath: this.#path };
    return settingsInWords(server, snapshot, ourPublicKey, signal);
  }

  withoutOurMarks(
    snapshot: SettingsSnapshot,
    ourPublicKey: string,
  ): { snapshot: SettingsSnapshot; warning: string } | null {
    return withoutOurMarks(snapshot, ourPublicKey);
  }

  async quiesce(signal?: AbortSignal): Promise<void> {
    await this.#change({ monitoring: false, noIntervention: true }, signal);
  }

  async armRescue(
    request: { publicKey: string; image?: string },
    signal?: AbortSignal,
  ): Promise<RescueArmed> {
    const netboots = await listNetboots(this.#client, this.#path, 'rescue', signal);
    const { bootId, kernel } = chooseRescue(netboots, request.image, this.#service);
    // The key first: a reset in between must not boot a rescue that mails a password.
    const keyTaken = await this.#offerKey(request.publicKey.trim(), signal);
    await this.#change({ bootId }, signal);
    return { image: kernel, login: 'root', keyTaken, mailWatermark: await this.#lastMail(signal) };
  }

  passwordChannels(boot: RescueBoot): PasswordChannel[] {
    const server = { client: this.#client, service: this.#service, serverPath: this.#path };
    return passwordChannels({ ...server, ...this.#mails }, boot);
  }

  async armDisk(signal?: AbortSignal): Promise<void> {
    await this.#change({ bootId: await this.#diskBootId(signal) }, signal);
  }

  async latestTaskId(signal?: AbortSignal): Promise<number> {
    const ids = await this.#client.get(`${this.#path}/task`, idsSchema, signal);
    return Math.max(0, ...ids);
  }

  async hardReset(sendByMs: number, signal?: AbortSignal): Promise<ProviderTask> {
    const path = `${this.#path}/reboot`;
    const task = await this.#client.post(path, taskSchema, { sendByMs, signal });
    if (task.taskId > 0) return taskOf(task);
    // terraform-provider-ovh#671: taskId 0, then "The requested object (taskId = 0) does not exist".
    throw new ProviderOutcomeUnknown(
      `OVH answered the hard reset of ${this.#service} with task ${task.taskId}, which is none. ` +
        `It may have been carried out all the same.`,
    );
  }

  async findReset(afterTaskId: number, signal?: AbortSignal): Promise<ProviderTask | null> {
    const path = `${this.#path}/task?function=hardReboot`;
    const ids = await this.#client.get(path, idsSchema, signal);
    const newest = Math.max(afterTaskId, ...ids);
    return newest === afterTaskId ? null : this.task(newest, signal);
  }

  async task(taskId: number, signal?: AbortSignal, sentAtMs?: number): Promise<ProviderTask> {
    return readTask(this.#client, this.#path, { taskId, sentAtMs }, signal);
  }

  async workUnderWay(signal?: AbortSignal): Promise<WorkUnderWay> {
    const at = { serverPath: this.#path, service: this.#service, nowMs: Date.now() };
    const [tasks, interventions] = await Promise.all([
      readPendingTasks(this.#client, this.#path, signal),
      readInterventions(this.#client, at, signal),
    ]);
    return { tasks, interventions };
  }

  /** The boot target first: it decides what runs. A `bootId` of null means from disk. */
  async restoreSettings(snapshot: SettingsSnapshot, signal?: AbortSignal): Promise<void> {
    this.#refuseForeign(snapshot);
    const { bootId } = settingsIn(snapshot, ['bootId']);
    if (bootId === null) await this.armDisk(signal);
    else if (bootId !== undefined) await this.#change({ bootId }, signal);
    const rest = ['rescueSshKey', 'rescueMail', 'efiBootloaderPath', 'bootScript'] as const;
    await this.#change(settingsIn(snapshot, rest), signal);
  }

  async restoreMonitoring(snapshot: SettingsSnapshot, signal?: AbortSignal): Promise<void> {
    this.#refuseForeign(snapshot);
    await this.#change(settingsIn(snapshot, ['monitoring', 'noIntervention']), signal);
  }

  /**
   * Some accounts are told "SSH key is not valid" whatever the key. Then no key may stay there
   * either: a boot with somebody's key has no password.
   */
  async #offerKey(rescueSshKey: string, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.#change({ rescueSshKey }, signal);
      return true;
    } catch (error) {
      const refused = error instanceof ProviderRequestInvalid && /key/i.test(error.message);
      if (!refused) throw error;
      await this.#change({ rescueSshKey: null }, signal);
      return false;
    }
  }

  /** The history is a convenience: an account that may not read it gets a password another way. */
  async #lastMail(signal?: AbortSignal): Promise<number | null> {
    if (!this.#mails.mailHistory) return null;
    try {
      return Math.max(0, ...(await this.#client.get(mailHistoryPath, idsSchema, signal)));
    } catch (error) {
      if (error instanceof ProviderError) return null;
      throw error;
    }
  }

  #change(wanted: Settings, signal?: AbortSignal): Promise<void> {
    return changeSettings(this.#client, this.#path, wanted, signal);
  }

  async #diskBootId(signal?: AbortSignal): Promise<number> {
    const netboots = await listNetboots(this.#client, this.#path, 'harddisk', signal);
    return chooseDisk(netboots, this.#service);
  }

  async #bootTarget(
    bootId: number | null | undefined,
    signal?: AbortSignal,
  ): Promise<ServerDescription['bootTarget']> {
    if (bootId === null || bootId === undefined) return 'other';
    try {
      const netboot = await this.#client.get(`${this.#path}/boot/${bootId}`, netbootSchema, signal);
      if (netboot.bootType === 'harddisk') return 'disk';
      return rescueNetboots([netboot]).length > 0 ? 'rescue' : 'other';
    } catch (error) {
      if (error instanceof ProviderNotFound) return 'other';
      throw error;
    }
  }

  async #hardware(signal?: AbortSignal): Promise<Hardware | null> {
    try {
      const path = `${this.#path}/specifications/hardware`;
      return hardwareOf(await this.#client.get(path, hardwareSchema, signal));
    } catch (error) {
      if (error instanceof ProviderNotFound) return null;
      throw error;
    }
  }

  /** An unknown server is mostly a mistyped one, so the message lists what the account has. */
  async #findServer(signal?: AbortSignal): Promise<OvhServer> {
    try {
      return await this.#client.get(this.#path, serverSchema, signal);
    } catch (error) {
      if (!(error instanceof ProviderNotFound)) throw error;
      const names = await this.#serverNames(signal);
      throw new ProviderNotFound(
        `The account has no server ${this.#service}${names}. Correct provider.service.`,
        { cause: error, requestId: error.requestId },
      );
    }
  }

  async #serverNames(signal?: AbortSignal): Promise<string> {
    try {
      const names = await this.#client.get('/dedicated/server', serverNamesSchema, signal);
      return `; it has: ${names.slice(0, 10).join(', ') || 'none'}`;
    } catch (error) {
      // A key with few rights may not list servers; the first answer is enough then.
      if (error instanceof ProviderError) return '';
      throw error;
    }
  }

  #refuseForeign(snapshot: SettingsSnapshot): void {
    if (snapshot.service === this.#service) return;
    throw new ProviderRequestInvalid(
      `The settings of ${snapshot.service} cannot be put back on ${this.#service}.`,
    );
  }
}
