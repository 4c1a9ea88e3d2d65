import type { Command } from 'commander';

import { leafCommands, nameOf } from '../../src/cli/command-tree.ts';
import type { Context } from '../../src/cli/context.ts';
import { exitCodesByError } from '../../src/cli/errors.ts';
import { examplesOf } from '../../src/cli/examples.ts';
import { exitCodeWords } from '../../src/cli/exit-code.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { block, code, page, table } from './markdown.ts';

/** The page of the command line: every command as its own help tells it, and the exit codes. */
export function cliPage(): string {
  const program = buildProgram(silentContext);
  const commands = leafCommands(program);
  return page([
    '# Command line',
    program.description(),
    block('ironstep [--verbose] COMMAND …'),
    ...index(commands),
    '`--verbose` adds stack traces to errors. With `--json` stdout has one JSON document and nothing else; ' +
      'errors and progress are words on stderr. A server is named as in its spec; where two share a name, ' +
      'by `provider/service`.',
    '## Exit codes',
    table(['code', 'meaning', 'errors'], Object.entries(exitCodeWords).map(exitCodeRow)),
    ...commands.flatMap(section),
  ]);
}

/** Grouped as in the program's own help. */
function index(commands: readonly Command[]): string[] {
  const headings = new Set(commands.map(headingOf));
  return [...headings].flatMap((heading) => {
    const rows = commands.filter((command) => headingOf(command) === heading).map(indexRow);
    return [`**${heading}**`, table(['command', ''], rows)];
  });
}

/** That of the outermost command: `settings` for `settings show`. */
function headingOf(command: Command): string {
  const { parent } = command;
  return parent === null || parent.parent === null ? command.helpGroup() : headingOf(parent);
}

function indexRow(command: Command): string[] {
  return [`[${code(nameOf(command))}](#${anchorOf(command)})`, command.description()];
}

/** As GitHub makes it from the section's title. */
function anchorOf(command: Command): string {
  return `ironstep-${nameOf(command).replaceAll(' ', '-')}`;
}

function exitCodeRow([number, words]: [string, string]): string[] {
  const errors = Object.entries(exitCodesByError)
    .filter(([, exit]) => String(exit) === number)
    .map(([name]) => `[${name}](errors/${name}.md)`);
  return [number, words, errors.join(', ')];
}

function section(command: Command): string[] {
  const name = nameOf(command);
  const rows = [
    ...command.registeredArguments.map((argument) => {
      const shown = argument.required ? `<${argument.name()}` : `[${argument.name()}`;
      const dots = argument.variadic ? '...' : '';
      return [code(`${shown}${dots}${argument.required ? '>' : ']'}`), argument.description];
    }),
    ...command.options.map(({ flags, description, mandatory }) => [
      code(flags),
      mandatory ? `${description} (required)` : description,
    ]),
  ];
  const examples = examplesOf(command);
  const width = Math.max(...examples.map(([line]) => line.length));
  return [
    `## ironstep ${name}`,
    command.description(),
    block(`ironstep ${name} ${command.usage()}`),
    ...(rows.length === 0 ? [] : [table(['', ''], rows)]),
    block(examples.map(([line, effect]) => `${line.padEnd(width)}   # ${effect}`).join('\n'), 'sh'),
  ];
}

/** Enough of a context to build the program; nothing is run. */
const silentContext = {
  terminal: {
    out: () => undefined,
    err: () => undefined,
    interactive: false,
    colours: false,
    size: () => ({ columns: 100, rows: 24 }),
  },
  program: 'ironstep',
} as unknown as Context;
