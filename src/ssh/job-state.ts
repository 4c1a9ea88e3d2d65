import type { Progress } from '../run/status.ts';

/** What a server says about a durable job. Plain values: they are results of activities. */
export type JobState =
  /** This attempt was not started in this boot, or died before its command began. */
  | { kind: 'absent' }
  | { kind: 'running'; progress: Progress | null }
  | JobDone
  | JobCrashed
  | JobLost
  /** A newer attempt of this key has begun: whoever made this one stands back. */
  | { kind: 'superseded'; newest: number };

export type JobDone = {
  kind: 'done';
  exitCode: number;
  /** The files that the script left in JOB_OUT, by name; ≤ 64 kB in all. */
  output: Record<string, string>;
  /** The end of stdout and stderr, ≤ 8 kB. */
  logTail: string;
  /** ISO 8601, by the server's clock, which may be wrong in rescue. */
  startedAt: string;
  endedAt: string;
  /** By the server's uptime, so that a corrected clock does not show. */
  durationMs: number;
  /** How often the command was started: 1, always. Evidence, counted where it starts. */
  starts: number;
};

/** Its supervisor died (SIGKILL, out of memory) and nothing of it runs; what it did is unknown. */
export type JobCrashed = { kind: 'crashed'; startedAt: string; logTail: string; starts: number };

/** The server has rebooted since: the job is gone with its RAM. */
export type JobLost = { kind: 'lost'; bootId: string };

/**
 * Reads what job.sh prints.
 *
 * @throws Error when it is not a whole report.
 */
export function parseJobState(text: string): JobState {
  const lines = text.trimEnd().split('\n');
  if (lines.pop() !== 'end') throw unreadable(text);
  const fields = new Map(lines.map(splitField));
  const field = (name: string): string => {
    const value = fields.get(name);
    if (value === undefined) throw unreadable(text);
    return value;
  };
  const kind = field('kind');
  switch (kind) {
    case 'absent':
      return { kind };
    case 'lost':
      return { kind, bootId: field('bootId') };
    case 'superseded':
      return { kind, newest: Number(field('newest')) };
    case 'running':
      return { kind, progress: parseProgress(fields.get('progress') ?? '') };
    case 'crashed':
      return {
        kind,
        startedAt: parseMoment(field('started')).at,
        logTail: decode(field('log')),
        starts: Number(field('starts')),
      };
    case 'done': {
      const started = parseMoment(field('started'));
      const ended = parseMoment(field('ended'));
      return {
        kind,
        exitCode: Number(field('exitCode')),
        output: outputs(fields),
        logTail: decode(field('log')),
        startedAt: started.at,
        endedAt: ended.at,
        durationMs: ended.uptimeMs - started.uptimeMs,
        starts: Number(field('starts')),
      };
    }
    default:
      throw unreadable(text);
  }
}

/** `<done> <total> <unit> <label…>`; total 0 is unknown. Null for a line that is none. */
function parseProgress(line: string): Progress | null {
  const match = /^(\d+) (\d+) (bytes|percent) (.+)$/.exec(line);
  if (!match) return null;
  const [, done, total, unit, label] = match;
  return {
    label: label ?? '',
    done: Number(done),
    ...(total === '0' ? {} : { total: Number(total) }),
    unit: unit === 'percent' ? 'percent' : 'bytes',
  };
}

/** `<seconds since 1970> <seconds since boot>`. */
function parseMoment(text: string): { at: string; uptimeMs: number } {
  const [epoch, uptime] = text.split(' ').map(Number);
  if (!Number.isFinite(epoch) || !Number.isFinite(uptime)) throw unreadable(text);
  const uptimeMs = Math.round((uptime ?? 0) * 1000);
  return { at: new Date((epoch ?? 0) * 1000).toISOString(), uptimeMs };
}

function outputs(fields: Map<string, string>): Record<string, string> {
  const files = [...fields].filter(([name]) => name.startsWith('out.'));
  return Object.fromEntries(files.map(([name, text]) => [name.slice(4), decode(text)]));
}

function splitField(line: string): [string, string] {
  const at = line.indexOf('=');
  return [line.slice(0, at), line.slice(at + 1)];
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

function unreadable(text: string): Error {
  return new Error(`job.sh answered what cannot be read: ${JSON.stringify(text.slice(0, 200))}`);
}
