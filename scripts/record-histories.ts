import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

import { historiesFolder } from '../test/replay/histories.ts';
import { play } from '../test/replay/scenario.ts';
import { scenarios } from '../test/replay/scenarios.ts';
import { FakeField } from '../test/workflow/fake-field.ts';
import { FieldRuns } from '../test/workflow/field-runs.ts';

/**
 * `npm run histories`: records one history of every scenario with today's workflows, unencrypted.
 * They are what the replay test holds later workflows against, so old ones are kept: only with
 * `--anew` (before the first release, or for a scenario that no run can be in any more) is what is
 * there written over. Names of scenarios choose.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { anew: { type: 'boolean', default: false } },
});
await mkdir(historiesFolder, { recursive: true });
const there = new Set(await readdir(historiesFolder));
const runs = await FieldRuns.start();
try {
  for (const [name, scenario] of Object.entries(scenarios)) {
    const file = `${name}.json`;
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    if (there.has(file) && !values.anew) continue;
    const field = new FakeField();
    scenario.field?.(field);
    await runs.run(
      field,
      scenario.request,
      async (handle) => {
        await play(scenario, handle, field);
        const history = historyToJSON(await handle.fetchHistory());
        // Stack traces name files, from this folder on: not where it lies on this machine.
        const text = history.replaceAll(`${process.cwd()}/`, '');
        await writeFile(join(historiesFolder, file), `${text}\n`);
        await handle.terminate('recorded').catch(() => undefined);
      },
      scenario.kind,
    );
    process.stdout.write(`recorded ${name}\n`);
  }
  const gone = [...there].filter((file) => !(file.replace(/\.json$/, '') in scenarios));
  if (values.anew) for (const file of gone) await rm(join(historiesFolder, file));
} finally {
  await runs.stop();
}
