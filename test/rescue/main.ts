import { parseArgs } from 'node:util';

import { carryOut, resultLine, summaryOf } from './programme.ts';
import { rescueScenarios } from './scenarios.ts';

/*
 * `npm run test:rescue`: every fault of the provider and of a rescue boot, and every rung of the
 * ladder, on the OVH simulator. `--only F6` chooses, `--json` ends with one line for programs.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    lanes: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});

function say(text: string): void {
  (values.json ? process.stderr : process.stdout).write(`${text}\n`);
}

const { only } = values;
const scenarios = rescueScenarios.filter(({ of }) => only === undefined || of === only);
const results = await carryOut({
  ...{ scenarios, lanes: Number(values.lanes) },
  onResult: (result) => say(resultLine(result)),
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
