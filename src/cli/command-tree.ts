import type { Command } from 'commander';

/** Every command that does something, in the order of the help: not the groups they are in. */
export function leafCommands(program: Command): Command[] {
  return visibleCommands(program).flatMap((command) =>
    command.commands.length === 0 ? [command] : leafCommands(command),
  );
}

/** The commands of a group that a person is told of, without commander's own `help`. */
export function visibleCommands(group: Command): Command[] {
  return group
    .createHelp()
    .visibleCommands(group)
    .filter((command) => command.name() !== 'help');
}

/** As it is typed behind the program's name: `settings show`. */
export function nameOf(command: Command): string {
  const names: string[] = [];
  for (let each = command; each.parent !== null; each = each.parent) names.unshift(each.name());
  return names.join(' ');
}
