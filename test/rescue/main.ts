import { parseArgs } from 'node:util';

import { statusLines } from '../../src/cli/render/status.ts';
import { paintFor, type View } from '../../src/cli/render/view.ts';
import { carryOut, resultLine, summaryOf } from './programme.ts';
import { rescueScenarios } from './scenarios.ts';

/*
 * `npm run test:rescue`: every fault of the provider and of a rescue boot, and every rung of the
 * ladder, on the OVH simulator. `--only F6` chooses, `--show` adds what a person is shown,
 * `--json` ends with one line for programs.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    lanes: { type: 'string', default: '3' },
    show: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

function say(text: string): void {
  (values.json ? process.stderr : process.stdout).write(`${text}\n`);
}

function view(): View {
  return { columns: 100, nowMs: Date.now(), paint: paintFor(false), program: 'ironstep' };
}

const { only } = values;
const scenarios = rescueScenarios.filter(({ of }) => only === undefined || of === only);
const results = await carryOut({
  ...{ scenarios, lanes: Number(values.lanes) },
  onResult: (result) => {
    say(resultLine(result));
    if (values.show) say(`\n${statusLines(result.end, view()).join('\n')}\n`);
  },
});
const summary = summaryOf(results);
say(
  `\n${summary.passed} of ${summary.scenarios} as they have to be; ` +
    `${summary.doubleResets} blind double resets, ` +
    `${summary.resetsDuringIntervention} resets during an intervention, ` +
    `${summary.secretsSeen} passwords in histories, logs or command lines.`,
);
if (values.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
process.exit(summary.ok ? 0 : 1);
