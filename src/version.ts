import { readFileSync } from 'node:fs';

/** package.json is one folder above both src and dist. */
const packageJson = new URL('../package.json', import.meta.url);

/** The version of this ironstep, as its package.json says. */
export const version = (JSON.parse(readFileSync(packageJson, 'utf8')) as { version: string })
  .version;
