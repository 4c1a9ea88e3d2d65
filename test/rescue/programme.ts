import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';

import { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  bundleWorkflowCode,
  DefaultLogger,
  makeTelemetryFilterString,
  Runtime,
} from '@temporalio/worker';

import { searchAttributeNames } from '../../src/contract.ts';
import { ensureTemporalCli } from '../../src/toolchain/temporal-cli.ts';
import { runScenario, type ScenarioResult } from './run-scenario.ts';
import type { RescueScenario } from './scenario.ts';

/** The figures of all scenarios, and whether they are as they have to be. */
export type Summary = {
  ok: boolean;
  scenarios: number;
  passed: number;
  doubleResets: number;
  resetsDuringIntervention: number;
  secretsSeen: number;
};

/** Plays scenarios, `lanes` of them side by side, each with addresses of its own. */
export async function carryOut(programme: {
  scenarios: readonly RescueScenario[];
  lanes: number;
  onResult: (result: ScenarioResult) => void;
}): Promise<ScenarioResult[]> {
  // What the worker logs must not hold a password either, so it is kept and looked through.
  const logged: string[] = [];
  Runtime.install({
    // The SDK's core tells on the console what it thinks of runs that are ended by hand.
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
    logger: new DefaultLogger('INFO', (entry) => void logged.push(inspect(entry, { depth: 8 }))),
  });
  const { path } = await ensureTemporalCli({ log: () => {} });
  const env = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path },
      ip: '127.0.0.1',
      searchAttributes: searchAttributeNames.map((name) => ({ name, type: 'KEYWORD' })),
      // Else every timer takes a second (facts/temporal.md).
      extraArgs: ['--dynamic-config-value', 'history.timerProcessorMaxTimeShift="10ms"'],
    },
  });
  const workflowsPath = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
  const logger = new DefaultLogger('ERROR');
  const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger });
  const results: ScenarioResult[] = [];
  const left = [...programme.scenarios];
  const lane = async (number: number): Promise<void> => {
    for (let scenario = left.shift(); scenario !== undefined; scenario = left.shift()) {
      const place = { env, workflowBundle, net: `127.0.${120 + number}`, sshPort: 2222 };
      const result = await runScenario(scenario, { ...place, logged });
      results.push(result);
      programme.onResult(result);
    }
  };
  try {
    await Promise.all(Array.from({ length: programme.lanes }, (_, number) => lane(number)));
  } finally {
    await env.teardown();
  }
  return results;
}

export function summaryOf(results: readonly ScenarioResult[]): Summary {
  const sum = (figure: (result: ScenarioResult) => number): number =>
    results.reduce((total, result) => total + figure(result), 0);
  const figures = {
    scenarios: results.length,
    passed: results.filter(({ wrong }) => wrong === null).length,
    doubleResets: sum(({ doubleResets }) => doubleResets),
    resetsDuringIntervention: sum((result) => result.resetsDuringIntervention),
    secretsSeen: sum(({ secretsSeen }) => secretsSeen),
  };
  const clean = figures.doubleResets + figures.resetsDuringIntervention + figures.secretsSeen === 0;
  return { ok: clean && figures.passed === figures.scenarios, ...figures };
}

/** `✔ F6  the netboot is missed once … finished, 3.1 s` */
export function resultLine({ of, title, wrong, ended, seconds }: ScenarioResult): string {
  const mark = wrong === null ? '✔' : '✘';
  return `${mark} ${of.padEnd(22)} ${title}: ${wrong ?? ended} (${seconds}s)`;
}
