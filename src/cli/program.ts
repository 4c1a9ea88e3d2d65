import { Command, CommanderError } from 'commander';

import { version } from '../version.ts';
import { addAbort } from './commands/abort.ts';
import { addAddKey } from './commands/add-key.ts';
import { addApprove } from './commands/approve.ts';
import { addBoot } from './commands/boot.ts';
import { addCodec } from './commands/codec.ts';
import { addCompletion } from './commands/completion.ts';
import { addCredentials } from './commands/credentials.ts';
import { addDev } from './commands/dev.ts';
import { addDoctor } from './commands/doctor.ts';
import { addHistory } from './commands/history.ts';
import { addLab } from './commands/lab.ts';
import { addList } from './commands/list.ts';
import { addPlan } from './commands/plan.ts';
import { addProvision } from './commands/provision.ts';
import { addRescue } from './commands/rescue.ts';
import { addResume } from './commands/resume.ts';
import { addSchema } from './commands/schema.ts';
import { addSettings } from './commands/settings.ts';
import { addSkip } from './commands/skip.ts';
import { addSsh } from './commands/ssh.ts';
import { addStatus } from './commands/status.ts';
import { addValidate } from './commands/validate.ts';
import { addWatch } from './commands/watch.ts';
import { addWorker } from './commands/worker.ts';
import { visibleCommands } from './command-tree.ts';
import type { Context } from './context.ts';
import { explain } from './errors.ts';
import { exitCode, exitCodeHelp } from './exit-code.ts';

const description =
  'Turns a rented dedicated server into an immutable container host, through the rescue system ' +
  'of its provider and SSH. Every step is a step of a Temporal workflow: a run survives ' +
  'crashes, reboots and days of waiting.';

/** Every command, grouped for the help, in the order in which a person meets them. */
const commandGroups = {
  'A server, by its spec': [addValidate, addPlan, addProvision],
  'Its run': [
    addWatch,
    addStatus,
    addHistory,
    addList,
    addApprove,
    addResume,
    addSkip,
    addCredentials,
    addAbort,
  ],
  'Once it is installed': [addRescue, addBoot, addAddKey, addSsh, addSettings],
  'Temporal and workers': [addDev, addWorker, addCodec, addDoctor],
  'To try it': [addLab],
  'For your shell and editor': [addSchema, addCompletion],
};

/** The program with all of its commands. */
export function buildProgram(context: Context): Command {
  const program = new Command('ironstep')
    .description(description)
    .version(version, '--version', 'the version of this ironstep')
    .option('--verbose', 'with stack traces')
    .hook('preAction', () => {
      context.verbose = program.opts<{ verbose?: boolean }>().verbose ?? false;
    })
    .enablePositionalOptions()
    .showHelpAfterError('(ironstep --help shows how)')
    .addHelpText('after', `\n${exitCodeHelp}`)
    .exitOverride()
    .configureHelp({ subcommandTerm })
    .configureOutput({
      writeOut: (text) => context.terminal.out(text),
      writeErr: (text) => context.terminal.err(text),
      getOutHelpWidth: () => context.terminal.size().columns,
      getErrHelpWidth: () => context.terminal.size().columns,
    });
  for (const [heading, commands] of Object.entries(commandGroups)) {
    program.commandsGroup(`${heading}:`);
    for (const add of commands) add(program, context);
  }
  // Commander makes `help` late and without a group, unless it is told.
  program.helpCommand(true);
  return program;
}

/** `approve <server>`, `settings show|restore`: that there are options goes without saying. */
function subcommandTerm(command: Command): string {
  const inner = visibleCommands(command).map((each) => each.name());
  const takes = command.usage().replace(/^\[options\] ?/, '');
  return `${command.name()} ${inner.length > 0 ? inner.join('|') : takes}`.trimEnd();
}

/** Runs one command line (without node and script) and returns the program's exit code. */
export async function runProgram(args: readonly string[], context: Context): Promise<number> {
  // Also accepted behind the command, where people add it to the line that failed.
  const ours = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  const verbose = ours.includes('--verbose') && args[0] !== 'lab' && args[0] !== 'demo';
  const words = verbose
    ? ['--verbose', ...ours.filter((word) => word !== '--verbose'), ...args.slice(ours.length)]
    : args;
  try {
    await buildProgram(context).parseAsync([...words], { from: 'user' });
    return context.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
    const explanation = explain(error, context);
    context.terminal.err(`${explanation.text}\n`);
    return explanation.exitCode;
  }
}
