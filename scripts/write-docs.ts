import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { referenceFiles, referenceFolder } from './docs/reference.ts';
import { dashboardFile, dashboardText } from './grafana/dashboard.ts';

// `npm run docs`: writes docs/reference anew, and the dashboard. Tests say when they are out of date.
const files = referenceFiles();
rmSync(referenceFolder, { recursive: true, force: true });
for (const [name, text] of files) {
  const path = fileURLToPath(new URL(name, referenceFolder));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
writeFileSync(dashboardFile, dashboardText());
process.stdout.write(
  `wrote ${files.size} files of docs/reference, and ${fileURLToPath(dashboardFile)}\n`,
);
