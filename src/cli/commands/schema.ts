import type { Command } from 'commander';

import { sayJson } from '../context.ts';
import type { Context } from '../context.ts';
import { addExamples } from '../examples.ts';

/** `ironstep schema`: the JSON Schema of spec files, for editors. */
export function addSchema(program: Command, context: Context): void {
  const schema = program
    .command('schema')
    .description('print the JSON Schema of spec files, for your editor')
    .action(async () => {
      const { specJsonSchema } = await import('../../spec/spec-json-schema.ts');
      sayJson(context, specJsonSchema());
    });
  addExamples(schema, context, [
    ['ironstep schema > server-spec.schema.json', 'name it in the first line of your specs'],
  ]);
}
