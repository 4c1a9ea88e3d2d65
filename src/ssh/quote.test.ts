import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { quoteCommand } from './quote.ts';

const weird = [
  '',
  ' ',
  "it's",
  '"double"',
  '$(touch /tmp/owned)',
  '`id`',
  '$HOME ${IFS}',
  'a\nb\n',
  '\\',
  '*',
  '-n',
  '; rm -rf /',
  "'\\''",
  'ü 🧊',
  '!!',
];

describe('quoteCommand', () => {
  it.each(['sh', 'dash', 'bash'])('gives %s back every argument, byte for byte', (shell) => {
    const command = quoteCommand(['printf', '%s\\0', ...weird]);
    const output = execFileSync(shell, ['-c', command], { encoding: 'utf8' });
    expect(output.split('\0').slice(0, -1)).toEqual(weird);
  });

  it('refuses what no argument can hold', () => {
    expect(() => quoteCommand(['echo', 'a\0b'])).toThrow(RangeError);
    expect(() => quoteCommand([])).toThrow(RangeError);
  });
});
