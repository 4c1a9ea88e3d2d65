import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { referenceFiles, referenceFolder } from './docs/reference.ts';

// `npm run docs`: writes docs/reference anew. A test says when it is out of date.
const files = referenceFiles();
rmSync(referenceFolder, { recursive: true, force: true });
for (const [name, text] of files) {
  const path = fileURLToPath(new URL(name, referenceFolder));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
process.stdout.write(`wrote ${files.size} files of docs/reference\n`);
