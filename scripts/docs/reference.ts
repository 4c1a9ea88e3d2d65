import { readFileSync } from 'node:fs';

import { specJsonSchema } from '../../src/spec/spec-json-schema.ts';
import { cliPage } from './cli-page.ts';
import { errorClasses } from './error-classes.ts';
import { errorPages } from './error-pages.ts';
import { metricsPage } from './metrics-page.ts';
import { sourceFiles } from './source-files.ts';
import { specPage } from './spec-page.ts';

const root = new URL('../../', import.meta.url);

/** Where the reference is; everything in it is written by `npm run docs`. */
export const referenceFolder = new URL('docs/reference/', root);

/** Every file of the reference by its path in the folder, as the source of today wants it. */
export function referenceFiles(): Map<string, string> {
  const example = readFileSync(new URL('examples/kimsufi-2a.yaml', root), 'utf8');
  return new Map([
    ['cli.md', cliPage()],
    ['metrics.md', metricsPage()],
    ['spec.md', specPage(example)],
    ...errorPages(errorClasses(sourceFiles().values())),
    ['server-spec.schema.json', `${JSON.stringify(specJsonSchema(), null, 2)}\n`],
  ]);
}
