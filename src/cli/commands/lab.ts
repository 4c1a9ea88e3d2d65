import type { Command } from 'commander';

import type { Context } from '../context.ts';
import { addExamples } from '../examples.ts';
import type { Example } from '../examples.ts';
import { runLabScript } from '../run-script.ts';

type Script = {
  name: string;
  file: string;
  description: string;
  examples: [Example, ...Example[]];
};

const scripts: Script[] = [
  {
    name: 'lab',
    file: 'main.ts',
    description: 'machines to try your own specs on: up, status, console, down',
    examples: [
      ['ironstep lab up', 'machines behind an OVH-compatible API, on this machine'],
      ['ironstep lab --help', 'all that it can do'],
    ],
  },
  {
    name: 'demo',
    file: 'demo.ts',
    description: 'provision a QEMU machine behind an OVH-compatible API, and watch',
    examples: [['ironstep demo --keep', 'the server and the Temporal UI stay up afterwards']],
  },
];

/** `ironstep lab …` and `ironstep demo …`: the field in a box, in a process of its own. */
export function addLab(program: Command, context: Context): void {
  for (const { name, file, description, examples } of scripts) {
    const command = program
      .command(name)
      .description(description)
      .argument('[arguments...]', 'passed on')
      .helpOption(false)
      .allowUnknownOption()
      .passThroughOptions()
      .action(async (args: string[]) => {
        context.exitCode = await runLabScript(file, args);
      });
    addExamples(command, context, examples);
  }
}
