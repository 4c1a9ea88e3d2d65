import { setTimeout as sleep } from 'node:timers/promises';

import ssh2 from 'ssh2';
import type { Client } from 'ssh2';

import { quoteCommand } from '../../src/ssh/quote.ts';

/** One attempt at a job as its host has it. */
export type HostJob = {
  bootId: string;
  key: string;
  attempt: string;
  starts: number;
  /** What it said last about its progress. */
  progress: { label: string; done: number; total: number } | null;
};

export type GuestAccess = {
  address: string;
  sshPort: number;
  /** Keys that the rescue system and the installed one take. */
  rescueKey: string;
  loginKey: string;
  /**
   * Whether rescue has said its SSH banner. The lab knows without asking the machine, where each
   * handshake costs half a second of its CPU.
   */
  rescueAnswers: () => Promise<boolean>;
};

/**
 * Tells, for each line that it is sent, what has changed of the jobs of this boot. Builtins only: a
 * fork ten times a second took half of an emulated machine.
 */
const watchScript = `
seen=
while read -r _; do
  now=
  for starts in /run/ironstep/jobs/*/*/*.starts; do
    [ -e "$starts" ] || continue
    count=0
    while read -r _; do count=$((count + 1)); done <"$starts"
    progress=
    [ ! -e "\${starts%.starts}/progress" ] || read -r progress <"\${starts%.starts}/progress"
    now="$now$starts $count $progress
"
  done
  [ "$now" = "$seen" ] || printf '%s' "$now"
  seen=$now
done`;

/** SIGKILL to every session of sshd but the one that asks; waits up to 5 s for one. Tells how many. */
const killSessionsScript = `
parent_of() { awk '$1 == "PPid:" { print $2 }' "/proc/$1/status"; }
own=' ' pid=$$
while [ "\${pid:-1}" -gt 1 ]; do
  own="$own$pid "
  pid=$(parent_of "$pid")
done
for _ in 1 2 3 4 5 6 7 8 9 10; do
  count=0
  for folder in /proc/[0-9]*; do
    pid=\${folder#/proc/}
    { read -r name <"$folder/comm"; } 2>/dev/null || continue # it has just ended
    [ "$name" = sshd ] || continue
    case $own in *" $pid "*) continue ;; esac
    ! tr '\\0' ' ' <"$folder/cmdline" | grep -q listener || continue
    kill -KILL "$pid" && count=$((count + 1))
  done
  [ "$count" -eq 0 ] || break
  sleep 0.5
done
echo "$count"`;

const lookMs = 300;
const askMs = 150;

/**
 * Looks on from inside the machine, past the proxy: what its jobs do and how often they were
 * started. It comes back by itself after every reboot.
 */
export class GuestWatch {
  readonly #access: GuestAccess;
  readonly #onJob: (job: HostJob) => void;
  readonly #ending = new AbortController();
  readonly #over: Promise<void>;
  #client: Client | null = null;

  constructor(access: GuestAccess, onJob: (job: HostJob) => void) {
    this.#access = access;
    this.#onJob = onJob;
    this.#over = this.#watch();
  }

  async end(): Promise<void> {
    this.#ending.abort();
    this.#client?.end();
    await this.#over;
  }

  /** Kills the far end of every SSH connection but ours. Returns how many processes it killed. */
  async killSessions(): Promise<number> {
    if (this.#client !== null) return kill(this.#client, []);
    const client = await this.#open('core');
    if (client === null) return 0;
    const count = await kill(client, ['sudo', '-n']);
    client.end();
    return count;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const answers = await this.#access.rescueAnswers();
      this.#client = answers ? await this.#open('root') : null;
      if (this.#client !== null) {
        const hear = lines((line) => this.#hear(line));
        await run(this.#client, ['sh', '-c', watchScript], hear, askMs);
        this.#client.end();
        this.#client = null;
      }
      await sleep(lookMs, undefined, { signal }).catch(() => undefined);
    }
  }

  #hear(line: string): void {
    const match = /\/jobs\/([^/]+)\/([^/]+)\/(\d+)\.starts (\d+) ?(.*)$/.exec(line);
    if (match === null) return;
    const [, bootId = '', key = '', attempt = '', starts, words = ''] = match;
    const said = /^(\d+) (\d+) \w+ (.+)$/.exec(words);
    this.#onJob({
      ...{ bootId, key, attempt, starts: Number(starts) },
      progress:
        said === null
          ? null
          : { done: Number(said[1]), total: Number(said[2]), label: said[3] ?? '' },
    });
  }

  /** Null when this user is not let in, or nobody answers. */
  #open(user: 'root' | 'core'): Promise<Client | null> {
    const { address, sshPort, rescueKey, loginKey } = this.#access;
    const client = new ssh2.Client();
    return new Promise((resolve) => {
      client.once('ready', () => resolve(client));
      client.on('error', () => resolve(null));
      client.once('close', () => resolve(null));
      client.connect({
        ...{ host: address, port: sshPort, username: user },
        privateKey: user === 'root' ? rescueKey : loginKey,
        ...{ readyTimeout: 15_000, keepaliveInterval: 2_000, keepaliveCountMax: 2 },
        // Looking on is allowed with whoever answers; it is a machine of the lab.
        hostVerifier: () => true,
      });
    });
  }
}

async function kill(client: Client, asRoot: string[]): Promise<number> {
  let said = '';
  await run(client, [...asRoot, 'sh', '-c', killSessionsScript], (text) => (said += text));
  return Number(said.trim()) || 0;
}

/**
 * Runs a command until it or the connection ends; what goes wrong is an end too. With `everyMs` it
 * is sent an empty line so often.
 */
function run(
  client: Client,
  argv: string[],
  onText: (text: string) => void,
  everyMs?: number,
): Promise<void> {
  return new Promise((resolve) => {
    let asking: NodeJS.Timeout | undefined;
    const over = () => {
      clearInterval(asking);
      resolve();
    };
    client.once('close', over);
    client.exec(quoteCommand(argv), (error, channel) => {
      if (error) {
        client.end();
        return over();
      }
      channel.setEncoding('utf8').on('data', onText);
      channel.stderr.resume();
      channel.once('close', over);
      if (everyMs !== undefined) asking = setInterval(() => channel.write('\n'), everyMs);
    });
  });
}

/** Cuts a stream of text into its lines. */
function lines(onLine: (line: string) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    parts.forEach(onLine);
  };
}
