import type { Command } from 'commander';

/** Every command that does something, in the order of the help: not the groups they are in. */
export function leafCommands(program: Command): Command[] {
  const { commands } = program;
  return commands.flatMap((command) =>
    command.commands.length === 0 ? [command] : leafCommands(command),
  );
}

/** As it is typed behind the program's name: `settings show`. */
export function nameOf(command: Command): string {
  const names: string[] = [];
  for (let each = command; each.parent !== null; each = each.parent) names.unshift(each.name());
  return names.join(' ');
}
