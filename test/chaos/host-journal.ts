import type { LabServerView } from '../../lab/server-view.ts';
import type { HostJob } from './guest.ts';
import type { RescueBoot } from './result.ts';

/** What hosts said about their jobs, boot by boot: evidence that outlives their RAM. */
export class HostJournal {
  readonly #boots = new Map<string, { firstSeenAtMs: number; starts: Map<string, number> }>();
  readonly #cutsAtMs: number[] = [];
  readonly #now: () => number;

  /** `now` in epoch milliseconds, by the lab's clock. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  note({ bootId, key, attempt, starts }: HostJob): void {
    const boot = this.#boots.get(bootId) ?? { firstSeenAtMs: this.#now(), starts: new Map() };
    this.#boots.set(bootId, boot);
    boot.starts.set(`${key} ${attempt}`, starts);
  }

  /** The power was cut. */
  noteCut(): void {
    this.#cutsAtMs.push(this.#now());
  }

  /** Starts beyond the first of each job within one boot, over all its attempts. */
  startedTwice(): number {
    let twice = 0;
    for (const { starts } of this.#boots.values()) {
      const byKey = new Map<string, number>();
      for (const [job, count] of starts) {
        const key = job.split(' ')[0] ?? '';
        byKey.set(key, (byKey.get(key) ?? 0) + count);
      }
      for (const count of byKey.values()) twice += count - 1;
    }
    return twice;
  }

  /** The boots of rescue among those that the lab tells of, with what was begun in each. */
  rescueBoots(boots: LabServerView['boots']): RescueBoot[] {
    return boots.flatMap((boot, index) => {
      if (boot.target !== 'rescue') return [];
      const untilMs = boots[index + 1]?.atMs ?? Number.POSITIVE_INFINITY;
      const within = (atMs: number) => atMs >= boot.atMs && atMs < untilMs;
      const jobs = [...this.#boots.values()]
        .filter(({ firstSeenAtMs }) => within(firstSeenAtMs))
        .flatMap(({ starts }) => [...starts.keys()]);
      const began = (phase: string) => jobs.some((job) => job.startsWith(`${phase}-`));
      return {
        number: boot.number,
        writtenBytes: boot.writtenBytes,
        wrote: began('repartition') ? 'repartition' : began('write') ? 'install' : null,
        cut: this.#cutsAtMs.some(within),
      };
    });
  }
}
