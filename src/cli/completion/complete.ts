import type { Argument, Command, Option } from 'commander';

import { visibleCommands } from '../command-tree.ts';

/** Something that can stand where the cursor is, and what it is. */
export type Candidate = { value: string; description: string };

/** What the shell completes there by itself. */
export type Files = 'none' | 'yaml' | 'any' | 'folders';

/** What can stand where the cursor is. */
export type Completion = { candidates: Candidate[]; files: Files };

/** Names of servers, asked for only where one can stand. */
export type ServerNames = () => Promise<string[]>;

const nothing: Completion = { candidates: [], files: 'none' };

/**
 * What can stand in place of the last of `words`, which are those behind the program's name; the
 * last one is empty behind a space. Everything comes from the commands themselves.
 */
export async function complete(
  program: Command,
  words: readonly string[],
  serverNames: ServerNames,
): Promise<Completion> {
  // bash gives `--config=/etc` as three words.
  const [current = '', ...before] = words.filter((word) => word !== '=').toReversed();
  const place = placeBehind(program, before.toReversed());
  const found = await inPlace(place, current, serverNames);
  const candidates = found.candidates.filter(({ value }) => value.startsWith(current));
  return { ...found, candidates };
}

/** How far the line has come: in which command, behind how many arguments, in which option. */
type Place = {
  command: Command;
  argumentIndex: number;
  /** The option whose value comes next. */
  option: Option | undefined;
  given: Set<Option>;
  /** Behind `--` nothing is an option. */
  optionsOver: boolean;
};

function placeBehind(program: Command, words: readonly string[]): Place {
  const place: Place = {
    command: program,
    argumentIndex: 0,
    option: undefined,
    given: new Set(),
    optionsOver: false,
  };
  for (const word of words) {
    if (place.option !== undefined) place.option = undefined;
    else if (word === '--') place.optionsOver = true;
    else if (word.startsWith('-') && !place.optionsOver) passOption(place, word);
    else passWord(place, word);
  }
  return place;
}

function passOption(place: Place, word: string): void {
  const option = optionsOf(place.command).find(
    ({ long, short }) => long === word || short === word,
  );
  if (option === undefined) return;
  place.given.add(option);
  place.option = option.required ? option : undefined;
}

function passWord(place: Place, word: string): void {
  // `help status` is about the command `status`.
  if (word === 'help' && place.command.parent === null) return;
  const inner = place.command.commands.find((command) => command.name() === word);
  if (inner === undefined) place.argumentIndex += 1;
  else place.command = inner;
}

async function inPlace(
  place: Place,
  current: string,
  serverNames: ServerNames,
): Promise<Completion> {
  const { command, option, argumentIndex } = place;
  if (option !== undefined) return ofOptionValue(option);
  if (current.startsWith('-') && !place.optionsOver) return ofOptions(place);
  const inner = visibleCommands(command);
  if (inner.length > 0) return argumentIndex === 0 ? ofCommands(inner) : nothing;
  const last = command.registeredArguments.at(-1);
  const argument =
    command.registeredArguments[argumentIndex] ?? (last?.variadic ? last : undefined);
  return argument === undefined ? nothing : ofArgument(argument, serverNames);
}

function ofCommands(commands: readonly Command[]): Completion {
  const candidates = commands.map((command) => ({
    value: command.name(),
    description: command.description(),
  }));
  return { candidates, files: 'none' };
}

function ofOptions({ command, given }: Place): Completion {
  const candidates = optionsOf(command)
    .filter((option) => !option.hidden && !given.has(option))
    .map(({ long, description }) => ({ value: long ?? '', description }));
  return { candidates, files: 'none' };
}

/** The options of the command and of its help, and `--verbose`, which stands anywhere. */
function optionsOf(command: Command): Option[] {
  const own = command.createHelp().visibleOptions(command);
  const anywhere = rootOf(command).options.filter(({ long }) => long === '--verbose');
  return command.parent === null ? own : [...own, ...anywhere];
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

/** The name of the value in the help says what it is: `--config <folder>`. */
function ofOptionValue({ flags, argChoices }: Option): Completion {
  if (argChoices !== undefined) return ofChoices(argChoices);
  const [, name = ''] = /[<[]([^>\]]+)[>\]]/.exec(flags) ?? [];
  return { candidates: [], files: filesNamed(name) };
}

async function ofArgument(argument: Argument, serverNames: ServerNames): Promise<Completion> {
  if (argument.argChoices !== undefined) return ofChoices(argument.argChoices);
  if (argument.name() !== 'server') return { candidates: [], files: filesNamed(argument.name()) };
  const names = await serverNames();
  const orSpec = /\bspec\b/.test(argument.description);
  return {
    candidates: names.map((value) => ({ value, description: 'server' })),
    files: orSpec ? 'yaml' : 'none',
  };
}

function ofChoices(choices: readonly string[]): Completion {
  return { candidates: choices.map((value) => ({ value, description: '' })), files: 'none' };
}

function filesNamed(name: string): Files {
  const kinds: Record<string, Files> = { spec: 'yaml', folder: 'folders', file: 'any', key: 'any' };
  return kinds[name] ?? 'none';
}
