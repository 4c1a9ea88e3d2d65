import type { Command } from 'commander';

import type { Context } from '../context.ts';
import { runLabScript } from '../run-script.ts';

/** `ironstep lab …` and `ironstep demo …`: the field in a box, in a process of its own. */
export function addLab(program: Command, context: Context): void {
  const scripts = [
    ['lab', 'main.ts', 'the lab: up, status, console SERVER, down'],
    ['demo', 'demo.ts', 'provision a QEMU machine behind an OVH-compatible API, and watch'],
  ] as const;
  for (const [name, script, description] of scripts) {
    program
      .command(name)
      .description(description)
      .argument('[arguments...]', 'passed on')
      .helpOption(false)
      .allowUnknownOption()
      .passThroughOptions()
      .action(async (args: string[]) => {
        context.exitCode = await runLabScript(script, args);
      });
  }
}
