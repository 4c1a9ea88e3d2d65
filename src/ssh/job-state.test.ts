import { describe, expect, it } from 'vitest';
import { parseJobState } from './job-state.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('parseJobState', () => {
  it('reads times by the server: dates by its clock, duration by its uptime', () => {
    const report = [
      'kind=done',
      'exitCode=0',
      'ended=1700000000 75.50',
      'starts=1',
      'started=1800000000 61.25',
      `log=${base64('a=b\nend\n')}`,
      `out.table=${base64('x=1\ny\n')}`,
      'end',
    ];
    expect(parseJobState(`${report.join('\n')}\n`)).toEqual({
      kind: 'done',
      exitCode: 0,
      output: { table: 'x=1\ny\n' },
      logTail: 'a=b\nend\n',
      startedAt: '2027-01-15T08:00:00.000Z',
      endedAt: '2023-11-14T22:13:20.000Z',
      durationMs: 14_250,
      starts: 1,
    });
  });

  it.each([
    ['1024 0 bytes reading p9', { label: 'reading p9', done: 1024, unit: 'bytes' }],
    ['7 100 percent e2fsck', { label: 'e2fsck', done: 7, total: 100, unit: 'percent' }],
    ['starting', null],
    ['', null],
  ])('reads the progress %j', (line, progress) => {
    const state = parseJobState(`kind=running\nprogress=${line}\nend\n`);
    expect(state).toEqual({ kind: 'running', progress });
  });

  it('does not care for what a ~/.bashrc prints first', () => {
    expect(parseJobState('Welcome to rescue\nkind=absent\nend\n')).toEqual({ kind: 'absent' });
  });

  it.each(['', 'kind=absent\n', 'kind=done\nexitCode=0\nend\n', 'kind=new\nend\n', 'end\n'])(
    'refuses %j, which is no whole report',
    (text) => expect(() => parseJobState(text)).toThrow('cannot be read'),
  );
});
