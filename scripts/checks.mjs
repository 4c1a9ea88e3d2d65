import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { interrupted, root, run, spent } from './step.mjs';

/** Everything that `npm test` runs, in this order. */
export const steps = {
  format: { program: 'prettier', args: ['--check', '.'] },
  lint: { program: 'oxlint', args: ['--type-aware', '--deny-warnings'] },
  types: { program: 'tsc', args: ['--noEmit'] },
  knip: { program: 'knip', args: [] },
  unit: { tests: true },
  disk: { tests: true },
  workflow: { tests: true },
  browser: { tests: true },
  package: { tests: true },
  lab: { tests: true, stream: true },
  chaos: { tests: true, stream: true },
};

const none = { passed: 0, failed: 0, skipped: 0 };

/**
 * Runs steps one after the other, also after a failure, and ends with the plain line
 * `N passed, N failed, N skipped` on stdout; a check counts as one test. Returns the exit code.
 */
export async function runSteps(names) {
  const sum = { ...none };
  for (const name of names) {
    const step = steps[name];
    const counts = await (step.tests ? runTests(name, step) : runCheck(name, step));
    if (interrupted.by !== null) return 130;
    for (const kind of Object.keys(sum)) sum[kind] += counts[kind];
  }
  print(`\n${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
  return sum.failed === 0 ? 0 : 1;
}

async function runCheck(name, { program, args }) {
  const beganMs = performance.now();
  const { code, output } = await run(join(root, 'node_modules', '.bin', program), args);
  if (interrupted.by !== null) return none;
  if (code !== 0) process.stdout.write(output);
  print(`${code === 0 ? '✔' : '✘'} ${name.padEnd(9)} ${spent(beganMs)}`);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

async function runTests(name, { stream = false }) {
  const beganMs = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'ironstep-test-'));
  const reportPath = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportPath}`];
    const vitest = join(root, 'node_modules', '.bin', 'vitest');
    const ran = await run(vitest, ['run', '--project', name, ...reporters], { stream });
    if (interrupted.by !== null) return none;
    const { skippedNames, ...counts } = countTests(reportPath, ran.code);
    if (counts.failed > 0) process.stdout.write(ran.output);
    const result = `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
    print(`${counts.failed === 0 ? '✔' : '✘'} ${name.padEnd(9)} ${spent(beganMs)}  ${result}`);
    for (const skipped of skippedNames) print(`  skipped: ${skipped}`);
    return counts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** vitest can fail without a failed test (a file that does not load, say): that counts as one. */
function countTests(reportPath, code) {
  let report;
  try {
    report = JSON.parse(readFileSync(reportPath, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: 0, skippedNames: [] };
  }
  const skippedNames = report.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status !== 'passed' && status !== 'failed')
    .map(({ fullName }) => fullName.trim());
  return {
    passed: report.numPassedTests,
    failed: Math.max(report.numFailedTests, code === 0 ? 0 : 1),
    skipped: skippedNames.length,
    skippedNames,
  };
}

function print(line) {
  process.stdout.write(`${line}\n`);
}
