import type { Command } from 'commander';

import type { SpecProblem } from '../../spec/spec-error.ts';
import { say, sayJson } from '../context.ts';
import type { Context } from '../context.ts';
import { addExamples } from '../examples.ts';
import { exitCode } from '../exit-code.ts';

/** What is said about one spec file. */
type Verdict =
  | { file: string; good: true; summary: string; warnings: string[] }
  | { file: string; good: false; problems: SpecProblem[]; message: string };

/** `ironstep validate SPEC…`: reads specs and everything that they name; asks nobody. */
export function addValidate(program: Command, context: Context): void {
  const validate = program
    .command('validate')
    .description('check spec files; offline, changes nothing')
    .argument('<spec...>', 'YAML files, one per server')
    .option('--json', 'one JSON document, problems with line and path')
    .action(async (paths: string[], options: { json?: boolean }) => {
      const verdicts: Verdict[] = [];
      for (const path of paths) {
        const verdict = await verdictOn(path);
        if (!options.json) sayVerdict(context, verdict);
        if (!verdict.good) context.exitCode = exitCode.usage;
        verdicts.push(verdict);
      }
      if (options.json) sayJson(context, verdicts);
    });
  addExamples(validate, context, [
    ['ironstep validate core1.yaml', 'the spec, its config and its keys'],
    ['ironstep validate servers/*.yaml --json', 'for an editor or a build'],
  ]);
}

async function verdictOn(file: string): Promise<Verdict> {
  const { loadSpec } = await import('../load-spec.ts');
  const { specSummary } = await import('../../client/run-summary.ts');
  const { SpecError } = await import('../../spec/spec-error.ts');
  try {
    const { spec, warnings } = await loadSpec(file);
    return { file, good: true, summary: specSummary(spec), warnings };
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    return { file, good: false, problems: error.problems, message: error.message };
  }
}

function sayVerdict(context: Context, verdict: Verdict): void {
  const { file } = verdict;
  if (!verdict.good) return context.terminal.err(`${verdict.message}\n`);
  say(context, [
    `${file}: good. ${verdict.summary}`,
    ...verdict.warnings.map((warning) => `${file}: warning: ${warning}`),
  ]);
}
