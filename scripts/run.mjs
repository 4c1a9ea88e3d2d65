import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { runSteps, steps } from './checks.mjs';
import { asOrdinaryUser } from './ordinary-user.mjs';
import { checkNode, ensureNpmPackages, ensurePrograms } from './prepare.mjs';
import { NeedsPerson, root, run } from './step.mjs';

/**
 * What `npm run demo`, `npm test` and `npm run check` start: it brings what a fresh clone lacks,
 * then does the job. It needs nothing but Node, so that it runs before anything is installed.
 */
const targets = {
  /** `npm run demo -- …`: everything after the dashes is for the demo. */
  async demo(args) {
    await ensureNpmPackages();
    await ensurePrograms({ debian: true, temporal: true });
    return runScript('lab/demo.ts', args);
  },

  /** `npm test`; `-- --only unit,disk` chooses, `-- --quick` leaves QEMU machines out. */
  async test(args) {
    const names = chosenSteps(args);
    await ensureNpmPackages();
    const needs = (...some) => some.some((name) => names.includes(name));
    await ensurePrograms({
      debian: needs('disk', ...onMachines),
      browser: needs('browser'),
      temporal: needs('workflow', 'browser', 'package', 'rescue', ...onMachines),
    });
    return runSteps(names);
  },

  /** `npm run test:jobs`: SIGKILL at every line of the start of a job. */
  async jobs(args) {
    await ensureNpmPackages();
    return runScript('test/jobs/main.ts', args);
  },

  /** `npm run test:chaos`: everything is killed during whole runs on QEMU machines. */
  async chaos(args) {
    await ensureNpmPackages();
    await ensurePrograms({ debian: true, temporal: true });
    return runScript('test/chaos/main.ts', args);
  },

  /** `npm run test:rescue`: every fault of a rescue boot and every rung, on the OVH simulator. */
  async rescue(args) {
    await ensureNpmPackages();
    await ensurePrograms({ temporal: true });
    return runScript('test/rescue/main.ts', args);
  },

  /** `npm run test:abort`: an abort in every phase of a run on a QEMU machine. */
  async abort() {
    process.env.IRONSTEP_ABORT = 'every-phase';
    return labTests('abort');
  },

  /** `npm run snapshots`: what a person sees, anew from runs on QEMU machines. */
  async snapshots() {
    process.env.IRONSTEP_SNAPSHOTS = 'record';
    const code = await labTests('approval', 'life', 'refusals');
    if (code !== 0) return code;
    const prettier = join(root, 'node_modules', '.bin', 'prettier');
    await run(prettier, ['--write', 'test/fixtures/runs']);
    return vitest('--project', 'unit', '--update', 'test/unit/snapshots.test.ts');
  },

  /** `npm run test:production`: one run on what a team runs, with PostgreSQL and Temporal killed. */
  async production(args) {
    await ensureNpmPackages();
    await ensurePrograms({ debian: true, temporal: true, production: true });
    const main = ['--import', 'tsx', 'test/production/main.ts', ...args];
    const { code } = await run(process.execPath, main, { stream: true });
    return code;
  },

  /** `npm run test:user`: the demo as an ordinary user, who is made for it; `-- --tests`: tests too. */
  async user(args) {
    const { values } = parseArgs({ args, options: { tests: { type: 'boolean', default: false } } });
    await ensureNpmPackages();
    // An ordinary user may not install them.
    await ensurePrograms({ debian: true });
    const demo = ['npm', 'run', 'demo', '--', '--json'];
    const tests = ['npm', 'test', '--', '--only', 'unit,disk,workflow'];
    return asOrdinaryUser([demo, ...(values.tests ? [tests] : [])]);
  },

  /** `npm run check`: what every change should pass before it is looked at. */
  async check() {
    await ensureNpmPackages();
    return runSteps(['format', 'lint', 'types', 'knip', 'unit']);
  },

  /** `npm run screenshots`: the pictures in docs/guide/images, of a run on a QEMU machine. */
  async screenshots() {
    await ensureNpmPackages();
    await ensurePrograms({ debian: true, browser: true, temporal: true });
    const script = ['--import', 'tsx', 'test/browser/screenshots.ts'];
    const { code } = await run(process.execPath, script, { stream: true });
    return code;
  },

  /** `npm run docs`: writes docs/reference from the source. */
  async docs() {
    await ensureNpmPackages();
    return runScript('scripts/write-docs.ts', []);
  },
};

/** Steps of `npm test` that boot machines. */
const onMachines = ['lab', 'chaos'];

/** Runs these files of test/lab, on QEMU machines; returns the exit code. */
async function labTests(...names) {
  await ensureNpmPackages();
  await ensurePrograms({ debian: true, temporal: true });
  return vitest('--project', 'lab', ...names.map((name) => `test/lab/${name}.test.ts`));
}

async function vitest(...args) {
  const program = join(root, 'node_modules', '.bin', 'vitest');
  const { code } = await run(program, ['run', ...args], { stream: true });
  return code;
}

/** Runs a TypeScript program of ours with our terminal, and returns its exit code. */
async function runScript(path, args) {
  const { code } = await run(process.execPath, ['--import', 'tsx', path, ...args], {
    stream: true,
  });
  return code;
}

function chosenSteps(args) {
  const { values } = parseArgs({
    args,
    options: { only: { type: 'string' }, quick: { type: 'boolean', default: false } },
  });
  const all = Object.keys(steps);
  const wanted = values.only?.split(',') ?? all;
  const unknown = wanted.filter((name) => !all.includes(name));
  if (unknown.length > 0) {
    throw new NeedsPerson(`No such step: ${unknown.join(', ')}. There are: ${all.join(', ')}.`);
  }
  return all.filter(
    (name) => wanted.includes(name) && !(values.quick && onMachines.includes(name)),
  );
}

// sfdisk, mke2fs and their like: they need no root, but are not on the PATH of an ordinary user.
process.env.PATH += ':/usr/sbin:/sbin';
const [name, ...args] = process.argv.slice(2);
try {
  checkNode();
  const target = targets[name];
  if (target === undefined) {
    throw new NeedsPerson(`Say what to run: ${Object.keys(targets).join(', ')}.`);
  }
  process.exitCode = await target(args);
} catch (error) {
  const expected = error instanceof NeedsPerson || error.code?.startsWith('ERR_PARSE_ARGS');
  process.stderr.write(`${expected ? error.message : error.stack}\n`);
  process.exitCode = 1;
}
