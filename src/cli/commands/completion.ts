import { Argument } from 'commander';
import type { Command } from 'commander';

import { complete } from '../completion/complete.ts';
import { inTime } from '../completion/in-time.ts';
import { askCommand, completionScripts, shells } from '../completion/scripts.ts';
import type { Shell } from '../completion/scripts.ts';
import type { Context } from '../context.ts';
import { addExamples } from '../examples.ts';

/** `ironstep completion SHELL`, and the command that its script asks at every Tab. */
export function addCompletion(program: Command, context: Context): void {
  const completion = program
    .command('completion')
    .description('print what makes your shell complete commands, options and servers')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .action((shell: Shell) => context.terminal.out(completionScripts[shell]));
  addExamples(completion, context, [
    ['ironstep completion bash > ~/.ironstep.bash', 'then, in ~/.bashrc: source ~/.ironstep.bash'],
    ['ironstep completion zsh', 'in ~/.zshrc: source <(ironstep completion zsh)'],
    ['ironstep completion fish', 'in config.fish: ironstep completion fish | source'],
  ]);
  program
    .command(askCommand, { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => {
      const serverNames = () => inTime(() => context.serverNames());
      const { candidates, files } = await complete(program, words, serverNames);
      const lines = candidates.map(({ value, description }) => `${value}\t${description}\n`);
      context.terminal.out(`${lines.join('')}:${files}\n`);
    });
}
