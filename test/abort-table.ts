import { readFileSync } from 'node:fs';

import { phases, type Phase } from '../src/run/status.ts';

/** Phases of a provisioning run; `keys` is one of `add-key`. */
export type ProvisionPhase = Exclude<Phase, 'keys'>;

/** What an abort in a phase leaves, as docs/guide/abort.md promises it. */
export type Promised = {
  phase: ProvisionPhase;
  disk: string;
  serverRuns: string;
  settings: string;
};

/** The table of docs/guide/abort.md. Throws when a phase is missing in it. */
export function abortTable(): Record<ProvisionPhase, Promised> {
  const page = readFileSync(new URL('../docs/guide/abort.md', import.meta.url), 'utf8');
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const promised = phases.filter(isOfProvisioning).map((phase): [ProvisionPhase, Promised] => {
    const row = rows.find((cells) => cells[1] === phase);
    if (row === undefined) throw new Error(`docs/guide/abort.md says nothing about ${phase}`);
    const [, , , disk = '', serverRuns = '', settings = ''] = row;
    return [phase, { phase, disk, serverRuns, settings }];
  });
  return Object.fromEntries(promised) as Record<ProvisionPhase, Promised>;
}

function isOfProvisioning(phase: Phase): phase is ProvisionPhase {
  return phase !== 'keys';
}
