import { expect, it } from 'vitest';

import { carryOut, resultLine, summaryOf } from '../programme.ts';
import { rescueScenarios } from '../scenarios.ts';

/** A part of `npm run test:rescue`: what differs most. Its figures are what that one prints. */
const sample = ['F3', 'F5', 'F6', 'F12', 'F13', 'in-band-reboot', 'a person'];

it('a rescue that fails is a pause or is mended, and nothing is sent twice', async () => {
  const lines: string[] = [];
  const results = await carryOut({
    scenarios: rescueScenarios.filter(({ of }) => sample.includes(of)),
    lanes: 3,
    onResult: (result) => void lines.push(resultLine(result)),
  });
  const summary = summaryOf(results);
  expect(summary, lines.join('\n')).toMatchObject({ ok: true });
  expect(summary.scenarios).toBeGreaterThanOrEqual(10);
  process.stdout.write(`${lines.join('\n')}\n`);
});
