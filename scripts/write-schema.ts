import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { specJsonSchema } from '../src/spec/spec-json-schema.ts';

// Writes the JSON Schema of spec files; a test says when it is out of date.
const folder = new URL('../docs/reference/', import.meta.url);
const file = new URL('server-spec.schema.json', folder);
await mkdir(folder, { recursive: true });
await writeFile(file, `${JSON.stringify(specJsonSchema(), null, 2)}\n`);
process.stdout.write(`wrote ${fileURLToPath(file)}\n`);
