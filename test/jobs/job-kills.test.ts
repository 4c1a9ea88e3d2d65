import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { noSshd } from '../local-sshd.ts';
import { seededRandom } from '../seeded-random.ts';
import { killJobs, tableOf, totalOf } from './job-kills.ts';
import { probedScript } from './probed-script.ts';
import { Bench, shells } from './story.ts';

/** A sample of `npm run test:jobs`. */
const sample = { share: 0.1, random: 3, seed: 20_261_124 };

const job = readFileSync(join(import.meta.dirname, '../../src/remote/job.sh'), 'utf8');
const cannot = shells.some((shell) => !existsSync(`/usr/bin/${shell}`)) || noSshd !== null;

/** Lines in front of which no command can stand. */
const structure = /^\s*(#|$|\}|else|elif|fi|done|esac|;;|\w+\(\) \{|main "\$@"|.+\) .*;;$)/;

/** Fails, so that the next attempt starts anew, and tells whether another one ran beside it. */
const aloneScript = `main() {
  mkdir "$1.busy" 2>/dev/null || echo overlap >>"$1"
  echo "$JOB_OUT" >>"$1"
  sleep 0.05
  rmdir "$1.busy"
  exit 1
}
main "$@"
`;

describe.skipIf(cannot)('SIGKILL while a job starts', () => {
  let root: string;

  beforeAll(() => {
    root = mkdtempSync('/dev/shm/ironstep-kills-');
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('there is a probe before every command', () => {
    const lines = probedScript(job).split('\n');
    const main = lines.findIndex((line) => line.startsWith('main() {'));
    const bare = lines.filter((line, index) => {
      return index > main && !line.startsWith('probe ') && !/^probe /.test(lines[index - 1] ?? '');
    });
    expect(bare.filter((line) => !structure.test(line)).map((line) => line.trim())).toEqual([
      // The end of a command that began the line before.
      '</dev/null >/dev/null 2>&1 8>&- &',
    ]);
  });

  it('each job runs once in the end, and none gets stuck', { timeout: 120_000 }, async () => {
    const rows = await killJobs(root, sample);
    const { kills, claimed, bad } = totalOf(rows);
    expect({ bad, table: tableOf(rows) }).toMatchObject({ bad: 0 });
    expect(kills).toBeGreaterThan(50);
    expect(claimed).toBeGreaterThan(15);
  });

  it('attempts that come in any order never run at once, and never backwards', async () => {
    const bench = new Bench(join(root, 'order'), 'dash');
    writeFileSync(join(bench.folder, 'count.sh'), aloneScript);
    const random = seededRandom(sample.seed);
    const attempts = Array.from({ length: 30 }, () => 1 + Math.floor(random() * 20));
    const story = bench.story();
    await Promise.all(attempts.map((attempt) => story.ask('start', attempt)));
    expect((await story.follow(21)).state).toMatchObject({ kind: 'done', exitCode: 1, starts: 1 });
    const lines = readFileSync(join(story.folder, 'runs'), 'utf8').trim().split('\n');
    const began = lines.map((line) => Number(/\/(\d+)\/out$/.exec(line)?.[1]));
    expect(lines).not.toContain('overlap');
    expect(began).toEqual([...new Set(began)].toSorted((one, other) => one - other));
    expect(began.at(-1)).toBe(21);
  });
});
