import { ensureTemporalCli, TemporalCliMissing } from '../src/toolchain/temporal-cli.ts';

/** For run.mjs: finds or installs the Temporal CLI and prints it as one line of JSON. */
try {
  const cli = await ensureTemporalCli({ log: (line) => process.stderr.write(`${line}\n`) });
  process.stdout.write(`${JSON.stringify(cli)}\n`);
} catch (error) {
  if (!(error instanceof TemporalCliMissing)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
