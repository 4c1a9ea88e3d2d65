import { expect, test } from 'vitest';

import { doctorLines } from './doctor.ts';

test('what is missing is told with what to do, and a command is never wrapped', () => {
  const fix = `sudo apt-get install --no-install-recommends ${'qemu-system-x86 '.repeat(6)}`;
  const lines = doctorLines(
    [
      { name: 'Node', state: 'ok', detail: '20.20.2' },
      { name: 'Debian packages', state: 'missing', detail: 'the lab lacks qemu', fix },
      { name: 'dev', state: 'warning', detail: 'does not run', fix: 'ironstep dev --background' },
    ],
    { columns: 60, nowMs: 0, paint: (_style, text) => text, program: 'npx ironstep' },
  );
  expect(lines).toEqual([
    '✔ Node             20.20.2',
    '✘ Debian packages  the lab lacks qemu',
    `                   ${fix}`,
    '! dev              does not run',
    '                   npx ironstep dev --background',
  ]);
});
