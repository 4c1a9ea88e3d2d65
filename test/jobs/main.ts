import { mkdtempSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { killJobs, tableOf, totalOf } from './job-kills.ts';

/*
 * `npm run test:jobs`: SIGKILL at every line of the start of a job, on dash and bash, of everybody
 * who takes part in it, and of SSH clients at random. `--share 0.2` tries a fifth, `--random 100`
 * so many over SSH for each shell, `--seed 7` repeats a choice.
 */
const { values } = parseArgs({
  options: {
    share: { type: 'string', default: '1' },
    random: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
  },
});
const plan = {
  share: Number(values.share),
  random: Number(values.random),
  seed: Number(values.seed),
};
// RAM, as /run is on a server.
const root = mkdtempSync('/dev/shm/ironstep-kills-');
try {
  const beganMs = performance.now();
  const rows = await killJobs(root, plan);
  const { kills, claimed, bad } = totalOf(rows);
  const seconds = Math.round((performance.now() - beganMs) / 1000);
  process.stdout.write(
    `${tableOf(rows)}\n\n${kills} kills in ${seconds}s (seed ${plan.seed}), ${claimed} of them ` +
      `between a job's directory and its start; ${bad} started twice, never ran or got stuck.\n`,
  );
  process.exitCode = bad === 0 ? 0 : 1;
} finally {
  rmSync(root, { recursive: true, force: true });
}
