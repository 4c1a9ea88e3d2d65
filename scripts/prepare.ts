import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import {
  DebianPackagesMissing,
  installDebianPackages,
  missingDebianPackages,
  readPackageList,
} from '../src/toolchain/debian-packages.ts';
import { ensureTemporalCli, TemporalCliMissing } from '../src/toolchain/temporal-cli.ts';
import { ensureTemporalPrograms, TemporalNotBuilt } from '../test/production/temporal-programs.ts';

/**
 * For run.mjs, once the npm packages are there: brings the lab's Debian packages (`--debian`), a
 * browser where one can be had (`--browser`), the Temporal CLI (`--temporal`), and PostgreSQL with
 * the production Temporal (`--production`). Progress goes to stderr, the path of the CLI to stdout.
 */
try {
  const { values } = parseArgs({
    options: {
      debian: { type: 'boolean' },
      browser: { type: 'boolean' },
      temporal: { type: 'boolean' },
      production: { type: 'boolean' },
    },
  });
  const lists = [
    ...(values.debian ? ['../lab/debian-packages.txt'] : []),
    ...(values.production ? ['../test/production/debian-packages.txt'] : []),
  ];
  if (lists.length > 0) {
    await prepareDebianPackages(lists);
    say('✔ Debian packages');
  }
  if (values.browser) await prepareBrowser();
  if (values.temporal) await prepareTemporalCli();
  if (values.production) await prepareTemporalServer();
} catch (error) {
  const expected = [DebianPackagesMissing, TemporalCliMissing, TemporalNotBuilt];
  if (!expected.some((kind) => error instanceof kind)) throw error;
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}

async function prepareDebianPackages(lists: string[]): Promise<void> {
  const files = lists.map((list) => fileURLToPath(new URL(list, import.meta.url)));
  const wanted = (await Promise.all(files.map(readPackageList))).flat();
  const missing = await missingDebianPackages(wanted);
  if (missing.length === 0) return;
  say(`… Debian packages: installing ${missing.join(' ')}`);
  await installDebianPackages(missing);
  const still = await missingDebianPackages(wanted);
  if (still.length > 0) {
    throw new DebianPackagesMissing(`apt-get did not install: ${still.join(' ')}`);
  }
}

/** Without one, its tests are skipped by name: nothing else needs it. */
async function prepareBrowser(): Promise<void> {
  try {
    await prepareDebianPackages(['../test/browser/debian-packages.txt']);
    say('✔ Chromium');
  } catch (error) {
    if (!(error instanceof DebianPackagesMissing)) throw error;
    say(`✘ Chromium: its tests are skipped unless it is on PATH. ${error.message.trimEnd()}`);
  }
}

async function prepareTemporalCli(): Promise<void> {
  const { path, version, from } = await ensureTemporalCli({ log: (line) => say(`… ${line}`) });
  say(`✔ Temporal CLI ${version} (${from})`);
  process.stdout.write(path);
}

async function prepareTemporalServer(): Promise<void> {
  const { version } = await ensureTemporalPrograms((line) => say(`… ${line}`));
  say(`✔ Temporal server ${version}`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
