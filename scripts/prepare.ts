import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import {
  DebianPackagesMissing,
  installDebianPackages,
  missingDebianPackages,
  readPackageList,
} from '../src/toolchain/debian-packages.ts';
import { ensureTemporalCli, TemporalCliMissing } from '../src/toolchain/temporal-cli.ts';

/**
 * For run.mjs, once the npm packages are there: brings the lab's Debian packages (`--debian`) and
 * the Temporal CLI (`--temporal`). Progress goes to stderr, the path of the CLI to stdout.
 */
try {
  const { values } = parseArgs({
    options: { debian: { type: 'boolean' }, temporal: { type: 'boolean' } },
  });
  if (values.debian) await prepareDebianPackages();
  if (values.temporal) await prepareTemporalCli();
} catch (error) {
  const expected = error instanceof DebianPackagesMissing || error instanceof TemporalCliMissing;
  if (!expected) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function prepareDebianPackages(): Promise<void> {
  const list = fileURLToPath(new URL('../lab/debian-packages.txt', import.meta.url));
  const wanted = await readPackageList(list);
  const missing = await missingDebianPackages(wanted);
  if (missing.length > 0) {
    say(`… Debian packages: installing ${missing.join(' ')}`);
    await installDebianPackages(missing);
    const still = await missingDebianPackages(wanted);
    if (still.length > 0) {
      throw new DebianPackagesMissing(`apt-get did not install: ${still.join(' ')}`);
    }
  }
  say('✔ Debian packages');
}

async function prepareTemporalCli(): Promise<void> {
  const { path, version, from } = await ensureTemporalCli({ log: (line) => say(`… ${line}`) });
  say(`✔ Temporal CLI ${version} (${from})`);
  process.stdout.write(path);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
