import type { Command } from 'commander';

import { say, sayJson, viewOf } from '../context.ts';
import type { Context } from '../context.ts';
import { addExamples } from '../examples.ts';
import { exitCode } from '../exit-code.ts';
import { doctorLines } from '../render/doctor.ts';

/** `ironstep doctor`: what is there and what is missing. */
export function addDoctor(program: Command, context: Context): void {
  const doctor = program
    .command('doctor')
    .description('what this machine has and what is missing')
    .option('--json', 'one JSON document')
    .action(async (options: { json?: boolean }) => {
      const { diagnose } = await import('../../toolchain/doctor.ts');
      const findings = await diagnose();
      if (options.json) sayJson(context, findings);
      else say(context, doctorLines(findings, viewOf(context)));
      if (findings.some(({ state }) => state === 'missing')) context.exitCode = exitCode.failed;
    });
  addExamples(doctor, context, [['ironstep doctor', 'each thing, and how to get what is missing']]);
}
