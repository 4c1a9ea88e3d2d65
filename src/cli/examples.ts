import type { Command } from 'commander';

import type { Context } from './context.ts';
import { widthOf, wrap } from './render/text.ts';
import { asTyped } from './render/view.ts';

/** A command line as a person types it, and what it does. */
export type Example = readonly [line: string, effect: string];

const examples = new WeakMap<Command, readonly Example[]>();

/** Shows examples below the options in the help of a command; the reference has them too. */
export function addExamples(
  command: Command,
  context: Context,
  some: readonly [Example, ...Example[]],
): void {
  examples.set(command, some);
  command.addHelpText('after', () => `\n${exampleLines(some, context).join('\n')}`);
}

/** The examples that `addExamples` gave to a command. */
export function examplesOf(command: Command): readonly Example[] {
  return examples.get(command) ?? [];
}

/** The lines are never wrapped or cut: they are there to be copied. */
function exampleLines(some: readonly Example[], context: Context): string[] {
  const { columns } = context.terminal.size();
  const typed = some.map(([line]) => `  ${asTyped(line, context)}`);
  const width = Math.max(...typed.map(widthOf)) + 2;
  const beside = some.every(([, effect]) => width + widthOf(effect) <= columns);
  const lines = some.flatMap(([, effect], at) => {
    const line = typed[at] ?? '';
    if (beside) return [`${line.padEnd(width)}${effect}`];
    return [line, ...wrap(effect, columns - 6).map((words) => `      ${words}`)];
  });
  return ['Examples:', ...lines];
}
