import { randomUUID } from 'node:crypto';
import { once } from 'node:events';

import ssh2 from 'ssh2';
import type { AuthContext, Connection } from 'ssh2';

import type { LabServer } from '../../lab/lab-server.ts';
import type { Faults } from '../../lab/scenario.ts';
import { samePublicKey } from '../../src/secrets/public-key.ts';
import type { KeyPair } from '../../src/secrets/derive-key.ts';
import { newKeyPair } from '../fixtures/key-pair.ts';

/** What is on the disk of a machine. */
export type OnDisk =
  /** Nothing that boots. */
  | { kind: 'nothing' }
  /** A system with a host key of its own, which takes no key of ours. */
  | { kind: 'stranger' }
  /** A system that ironstep installed: its host key, and the key that it takes. */
  | { kind: 'ours'; hostKey: string; loginKey: string };

/** One boot of the machine, while it answers. */
type System = {
  bootId: string;
  atMs: number;
  from: 'rescue' | 'disk';
  hostKey: string;
  admits: string[];
  password: string | null;
};

/** How long a boot takes until sshd answers. */
const bootMs = 300;

/**
 * A machine without a machine: what a simulated server has booted, behind a real SSH server. It
 * answers the few scripts by which ironstep proves a system, and none else with anything.
 */
export class StandInMachine {
  onDisk: OnDisk = { kind: 'stranger' };
  /** Takes the place of an answer of a script. */
  readonly answers = new Map<string, (args: string[]) => string>();
  /** Scripts that were run, in order. */
  readonly ran: string[] = [];
  /** Passwords that anybody tried, and whether they were right. */
  readonly triedPasswords: boolean[] = [];
  dropsPings = false;
  readonly #server: LabServer;
  readonly #faults: Faults;
  readonly #ourKey: string;
  readonly #strangerKey: KeyPair = newKeyPair('stranger');
  readonly #connections = new Set<Connection>();
  #sshd: ssh2.Server | null = null;
  #system: System | null = null;
  #boot = 0;
  #upAtMs = 0;
  #moving = false;

  /** `ourKey`: what `admit-key` lets in. */
  constructor(server: LabServer, faults: Faults, ourKey: string) {
    this.#server = server;
    this.#faults = faults;
    this.#ourKey = ourKey;
  }

  /** A ping is answered by any kernel, unless it is told to drop it. */
  get answersPings(): boolean {
    return this.#system !== null && !this.dropsPings;
  }

  /** Follows what the provider made of the server; called again and again. */
  async tick(): Promise<void> {
    if (this.#moving) return;
    this.#moving = true;
    try {
      const boot = this.#server.boots.length;
      if (boot !== this.#boot) {
        this.#boot = boot;
        this.#upAtMs = Date.now() + bootMs;
        await this.stop();
      } else if (this.#sshd === null && this.#upAtMs > 0 && Date.now() >= this.#upAtMs) {
        this.#upAtMs = 0;
        this.#system = this.#booted();
        if (this.#system !== null) await this.#listen(this.#system);
      }
    } finally {
      this.#moving = false;
    }
  }

  async stop(): Promise<void> {
    this.#system = null;
    const sshd = this.#sshd;
    this.#sshd = null;
    if (sshd === null) return;
    for (const connection of this.#connections) connection.end();
    this.#connections.clear();
    await new Promise<void>((resolve) => sshd.close(() => resolve()));
  }

  #booted(): System | null {
    const { name } = this.#server.config;
    const target = this.#server.runs();
    const boot = { bootId: randomUUID(), atMs: Date.now() };
    if (target === 'rescue') {
      if (this.#faults.strike('rescue-hangs', { server: name }) !== null) return null;
      const { rescueSshKey } = this.#server.settings;
      const { privateKey } = newKeyPair('rescue');
      const password = this.#server.rescueSecret?.password ?? null;
      const admits = rescueSshKey === null ? [] : [rescueSshKey];
      return { ...boot, from: 'rescue', hostKey: privateKey, admits, password };
    }
    if (target !== 'disk' || this.onDisk.kind === 'nothing') return null;
    const ours = this.onDisk.kind === 'ours' ? this.onDisk : null;
    const hostKey = ours?.hostKey ?? this.#strangerKey.privateKey;
    const admits = ours === null ? [] : [ours.loginKey];
    return { ...boot, from: 'disk', hostKey, admits, password: null };
  }

  async #listen(system: System): Promise<void> {
    const sshd = new ssh2.Server({ hostKeys: [system.hostKey] }, (connection) => {
      this.#connections.add(connection);
      connection.on('close', () => this.#connections.delete(connection));
      connection.on('error', () => undefined);
      connection.on('authentication', (asked) => this.#authenticate(system, asked));
      connection.on('session', (accept) => {
        accept().on('exec', (acceptExec, _reject, { command }) => {
          const channel = acceptExec();
          // All of stdin first, as a program would read it.
          channel.on('data', () => undefined);
          channel.on('end', () => {
            const { code, stdout } = this.#run(system, command);
            channel.write(stdout);
            channel.exit(code);
            channel.end();
          });
        });
      });
    });
    const { address, sshPort } = this.#server.config;
    sshd.listen(sshPort, address);
    await once(sshd, 'listening');
    this.#sshd = sshd;
  }

  #authenticate({ admits, password }: System, asked: AuthContext): void {
    if (asked.method === 'publickey') {
      const line = `${asked.key.algo} ${asked.key.data.toString('base64')}`;
      return admits.some((key) => samePublicKey(key, line)) ? asked.accept() : asked.reject();
    }
    if (asked.method === 'password') {
      const right = password !== null && asked.password === password;
      this.triedPasswords.push(right);
      return right ? asked.accept() : asked.reject();
    }
    asked.reject(password === null ? ['publickey'] : ['publickey', 'password']);
  }

  #run(system: System, command: string): { code: number; stdout: string } {
    const words = command.split(' ').map((word) => word.replace(/^'(.*)'$/, '$1'));
    const at = words.findIndex((word) => /\/[a-z-]+\.sh$/.test(word) && word.startsWith('/run/'));
    if (at < 0) return { code: 0, stdout: '/run/ironstep/scripts-standin\n' };
    const name = /([a-z-]+)\.sh$/.exec(words[at] ?? '')?.[1] ?? '';
    const args = words.slice(at + 1);
    this.ran.push(name);
    const answer = this.answers.get(name);
    if (answer !== undefined) return { code: 0, stdout: answer(args) };
    if (name === 'identify') return { code: 0, stdout: identity(system) };
    // The key that came with stdin is not read here: it is the one that the provider was given.
    if (name === 'admit-key') system.admits.push(this.#ourKey);
    if (name === 'reboot') void this.#server.reset('guest-reset');
    return { code: 0, stdout: '' };
  }
}

function identity({ bootId, atMs, from }: System): string {
  const root = from === 'rescue' ? 'overlay' : '/dev/sda9';
  const filesystem = from === 'rescue' ? 'overlay' : 'ext4';
  return [
    `boot_id=${bootId}`,
    `uptime_seconds=${(Date.now() - atMs) / 1000}`,
    `kernel_command_line=root=${root}`,
    'kernel=6.1.0-standin',
    `root_source=${root}`,
    `root_filesystem=${filesystem}`,
    'os_id=standin',
    'os_version=1.0',
    'hostname=standin',
    '',
  ].join('\n');
}
