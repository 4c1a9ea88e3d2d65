import { Bench, places, shells } from './story.ts';
import type { Outcome, Place, Shell } from './story.ts';
import type { Hit, Victim } from './probed-script.ts';
import { seededRandom } from '../seeded-random.ts';
import { SshBench } from './ssh-story.ts';

/** What one row of the table counts: who was killed, under which shell. */
export type Row = {
  shell: Shell;
  victim: Victim | 'ssh';
  /** Kills by where they fell. */
  fell: Record<Place, number>;
  /** Attempts whose command was started, or ran, more than once. */
  startedTwice: number;
  /** Jobs that did not run in the end, or whose end the host does not know. */
  neverRan: number;
  stuck: number;
};

export type Plan = {
  /** The share of the kills at lines that is tried: 1 is all of them. */
  share: number;
  /** Kills at random times, over SSH, per shell. */
  random: number;
  seed: number;
};

const storiesAtOnce = 3;
const starterVictims = ['client', 'starter', 'group'] as const;
const supervisorVictims = [...starterVictims, 'supervisor', 'all'] as const;

/** SIGKILL while jobs start, in a folder that is removed by the caller. A row for each victim. */
export async function killJobs(root: string, plan: Plan): Promise<Row[]> {
  const rows: Row[] = [];
  for (const shell of shells) {
    const bench = new Bench(root, shell);
    const kills = killsOf(await bench.hits(), plan);
    const outcomes = await inParallel(kills, async ({ hit, victim }) => ({
      victim,
      outcome: await bench.killAt(hit, victim),
    }));
    for (const victim of supervisorVictims) {
      const own = outcomes.filter((each) => each.victim === victim);
      rows.push(
        rowOf(
          shell,
          victim,
          own.map(({ outcome }) => outcome),
        ),
      );
    }
    rows.push(rowOf(shell, 'ssh', await killOverSsh(root, shell, plan)));
  }
  return rows;
}

/** Everybody who can be there at a hit is killed at it. */
function killsOf(hits: Hit[], { share, seed }: Plan): { hit: Hit; victim: Victim }[] {
  const random = seededRandom(seed);
  return hits
    .flatMap((hit) => {
      const victims: readonly Victim[] =
        hit.role === 'starter' ? starterVictims : supervisorVictims;
      return victims.map((victim) => ({ hit, victim }));
    })
    .filter(() => random() < share);
}

async function killOverSsh(root: string, shell: Shell, { random, seed }: Plan): Promise<Outcome[]> {
  await using bench = await SshBench.start(root, shell, seed);
  const outcomes: Outcome[] = [];
  for (let count = 0; count < random; count += 1) outcomes.push(await bench.killAtRandom());
  return outcomes;
}

async function inParallel<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const left = items.entries();
  const lanes = Array.from({ length: storiesAtOnce }, async () => {
    for (const [index, item] of left) results[index] = await work(item);
  });
  await Promise.all(lanes);
  return results;
}

function rowOf(shell: Shell, victim: Row['victim'], outcomes: Outcome[]): Row {
  const killed = outcomes.filter(({ fell }) => fell !== null);
  const fell = Object.fromEntries(
    places.map((place) => [place, killed.filter((outcome) => outcome.fell === place).length]),
  ) as Record<Place, number>;
  return {
    ...{ shell, victim, fell },
    startedTwice: outcomes.filter(({ runs, starts }) => Math.max(...runs, starts) > 1).length,
    neverRan: outcomes.filter(({ kind, runs }) => {
      return !(kind === 'done' ? runs[0] === 1 : kind === 'crashed' && runs[1] === 1);
    }).length,
    stuck: outcomes.filter((outcome) => outcome.stuck).length,
  };
}

/** Sums over rows, for the last line and for the verdict. */
export function totalOf(rows: Row[]): { kills: number; claimed: number; bad: number } {
  const sum = (of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0);
  return {
    kills: sum(({ fell }) => places.reduce((total, place) => total + fell[place], 0)),
    claimed: sum(({ fell }) => fell.claimed),
    bad: sum(({ startedTwice, neverRan, stuck }) => startedTwice + neverRan + stuck),
  };
}

/** The rows as a person reads them. */
export function tableOf(rows: Row[]): string {
  const heads = ['shell', 'killed', 'kills', ...places, 'started twice', 'never ran', 'stuck'];
  const lines = rows.map((row) => [
    ...[row.shell, row.victim, totalOf([row]).kills],
    ...places.map((place) => row.fell[place]),
    ...[row.startedTwice, row.neverRan, row.stuck],
  ]);
  const cells = [heads, ...lines].map((line) => line.map(String));
  const widths = heads.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  return cells
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
