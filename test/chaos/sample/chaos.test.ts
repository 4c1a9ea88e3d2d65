import { expect, it } from 'vitest';

import { samplePlan } from '../plan.ts';
import { carryOut } from '../programme.ts';
import { summaryOf, tableOf } from '../tally.ts';

/** A few minutes of `npm run test:chaos`; its figures are what that one prints. */
const seed = 20_261_124;

it('a run goes on whatever is killed, and does nothing twice', async () => {
  const told: string[] = [];
  const { results, baseline } = await carryOut({
    ...{ runs: samplePlan(seed), lanes: 2, firstNet: 93 },
    onResult: ({ story, askedForHelp }) => void told.push(...story, ...askedForHelp),
  });
  const summary = summaryOf(results, baseline, 1);
  const table = tableOf(results, baseline, summary);
  expect(summary, `${table}\n${told.join('\n')}`).toMatchObject({ ok: true });
  expect(summary.kills).toBeGreaterThanOrEqual(6);
  process.stdout.write(`${table}\n`);
});
