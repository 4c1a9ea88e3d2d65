/** The named points of a run at which something is killed, in the order in which a run meets them. */
export const points = [
  'preflight',
  'arm-rescue',
  'before-reset',
  'reset-sent',
  'rescue-booting',
  'inspect',
  'stage-image',
  'write-begin',
  'write-middle',
  'before-commit',
  'arm-disk',
  'reboot-to-disk',
  'disk-booting',
  'first-boot',
  'shrink-check',
  'shrink-filesystem',
  'make-partitions',
  'compare-files',
  'verify',
  'handover',
] as const;

export type Point = (typeof points)[number];

/** Points of the transaction that only `shrink` has. */
export const shrinkPoints: readonly Point[] = [
  'shrink-check',
  'shrink-filesystem',
  'make-partitions',
  'compare-files',
];

/** A call of the provider's API, as the proxy in front of it sees it pass. */
export type ApiCall = {
  when: 'asked' | 'answered';
  method: string;
  /** Below the API's base, with the query. */
  path: string;
  body: Record<string, unknown>;
};

/** What was seen of a run, by somebody who only looks on. */
export type Sign =
  | { kind: 'activity'; name: string }
  | { kind: 'call'; call: ApiCall }
  /** What a job on the host says that it is at. */
  | { kind: 'job'; label: string; done: number; total: number };

const activities: Record<string, Point> = {
  preflight: 'preflight',
  waitForRescue: 'rescue-booting',
  inspect: 'inspect',
  rebootFromInside: 'reboot-to-disk',
  waitForInstalled: 'disk-booting',
  proveFirstBoot: 'first-boot',
  verify: 'verify',
};

const labels: [RegExp, Point][] = [
  [/^(downloading|checking|hashing) the image/, 'stage-image'],
  [/^wiping the old/, 'write-begin'],
  [/^writing the config/, 'before-commit'],
  [/^checking ROOT/, 'shrink-check'],
  [/^shrinking ROOT/, 'shrink-filesystem'],
  [/^making /, 'make-partitions'],
  [/^comparing the files/, 'compare-files'],
];

/** The point that a run is at by this sign; null when it says nothing new. */
function pointOf(sign: Sign): Point | null {
  if (sign.kind === 'activity') return activities[sign.name] ?? null;
  if (sign.kind === 'call') return pointOfCall(sign.call);
  if (sign.label === 'writing the image') {
    return sign.done >= sign.total * 0.4 ? 'write-middle' : 'write-begin';
  }
  return labels.find(([pattern]) => pattern.test(sign.label))?.[1] ?? null;
}

/** Calls are held by the proxy while something is killed, so these points are exact. */
function pointOfCall({ when, method, path, body }: ApiCall): Point | null {
  if (method === 'POST' && path.endsWith('/reboot')) {
    return when === 'asked' ? 'before-reset' : 'reset-sent';
  }
  // The look for a reset of an earlier attempt: its answer decides that one is sent.
  if (when === 'answered' && path.includes('/task?function=hardReboot')) return 'before-reset';
  if (method !== 'PUT' || when !== 'asked') return null;
  if (typeof body['rescueSshKey'] === 'string') return 'arm-rescue';
  if (body['bootId'] === diskBootId) return 'arm-disk';
  if (body['monitoring'] === true) return 'handover';
  return null;
}

/** OVH's id of the boot from disk, everywhere. */
const diskBootId = 1;

/** How far a run has come: it never goes back, even when the server does. */
export class Progression {
  #furthest = -1;
  #current: Point | null = null;

  /** Where the run is now, by the last sign that said something. */
  get current(): Point | null {
    return this.#current;
  }

  /** Hears a sign. Returns whether the run has come to a point for the first time. */
  hear(sign: Sign): boolean {
    const point = pointOf(sign);
    // An install with `presize` makes filesystems too, in the words of the transaction.
    const ofInstall = point === 'make-partitions' && !this.hasReached('shrink-check');
    if (point === null || ofInstall) return false;
    this.#current = point;
    const index = points.indexOf(point);
    if (index <= this.#furthest) return false;
    this.#furthest = index;
    return true;
  }

  /** The run is at this point or past it. */
  hasReached(point: Point): boolean {
    return points.indexOf(point) <= this.#furthest;
  }
}
