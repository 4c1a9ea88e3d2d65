import { exitCode } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';
import { asTyped } from './render/view.ts';

/**
 * The command line is wrong in a way that its grammar cannot say.
 *
 * @where command line
 * @changed Nothing was asked of anybody.
 * @remedy Correct the command line; `--help` behind the command shows how.
 * @example
 * --stop and --background contradict each other.
 */
export class UsageError extends Error {
  override name = 'UsageError';
}

/**
 * Exit code of each error that a person can do something about, by class name: naming the classes
 * instead of importing them keeps `--help` from loading all of Temporal.
 */
export const exitCodesByError: Record<string, ExitCode> = {
  UsageError: exitCode.usage,
  SpecError: exitCode.usage,
  MetricsAddressInvalid: exitCode.usage,
  LogLevelInvalid: exitCode.usage,
  ServerAmbiguous: exitCode.usage,
  NoSuchRun: exitCode.failed,
  RunAlreadyGoing: exitCode.failed,
  RunOver: exitCode.failed,
  RunStuck: exitCode.failed,
  RequestRefused: exitCode.failed,
  NoLogin: exitCode.failed,
  SshProgramMissing: exitCode.failed,
  NoUseForPassword: exitCode.failed,
  SshUnreachable: exitCode.failed,
  SshAuthRefused: exitCode.failed,
  SshPasswordRefused: exitCode.failed,
  SshHostKeyMismatch: exitCode.failed,
  SshConnectionLost: exitCode.failed,
  RemoteCommandFailed: exitCode.failed,
  SearchAttributesMissing: exitCode.failed,
  PayloadKeyUnknown: exitCode.failed,
  PayloadKeyDamaged: exitCode.failed,
  PayloadTampered: exitCode.failed,
  FileTooOpen: exitCode.failed,
  CodecTokensInvalid: exitCode.failed,
  MasterSecretDamaged: exitCode.failed,
  TemporalCliMissing: exitCode.failed,
  DevAlreadyRunning: exitCode.failed,
  DevRunsOtherwise: exitCode.failed,
  DevNotReady: exitCode.failed,
  MetricsAddressTaken: exitCode.failed,
  TemporalUnreachable: exitCode.unreachable,
  TemporalNotWorking: exitCode.unreachable,
  NoWorker: exitCode.unreachable,
  QuestionRefused: exitCode.failed,
  NoWorkerOfVersion: exitCode.unreachable,
  DeploymentInvalid: exitCode.failed,
};

/** What is said about an error, and how the program ends. */
export type Explanation = { text: string; exitCode: ExitCode };

/** A known error speaks for itself, also as the cause of another; an unknown one says so. */
export function explain(
  error: unknown,
  options: { verbose: boolean; program: string },
): Explanation {
  const causes = chainOf(error);
  const known = causes.find((each) => each.name in exitCodesByError);
  const lines = [known?.message ?? causes[0]?.message ?? String(error)];
  if (options.verbose) lines.push('', causes.map(stackOf).join('\ncaused by '));
  else if (known === undefined) {
    lines.push('This was not expected. To see where it comes from, run again with --verbose.');
  }
  const text = asTyped(lines.join('\n'), options);
  return { text, exitCode: exitCodesByError[known?.name ?? ''] ?? exitCode.failed };
}

function chainOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let each = error; each instanceof Error; each = each.cause) chain.push(each);
  return chain;
}

function stackOf(error: Error): string {
  return error.stack ?? error.message;
}
