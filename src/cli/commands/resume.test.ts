import { expect, test } from 'vitest';

import { cliContext } from '../../../test/fixtures/cli-context.ts';
import { RunOver } from '../../client/client-errors.ts';
import { runProgram } from '../program.ts';

const over = () => Promise.reject(new RunOver('core1'));

test('a run that is over goes on as a new one, in the name of who asks', async () => {
  const asked: string[] = [];
  const { context, out } = cliContext({
    resume: over,
    startAgain: async (run, { by }) => {
      asked.push(by);
      return run;
    },
  });
  expect(await runProgram(['resume', 'core1'], context)).toBe(0);
  expect(out()).toContain('a new run has started; it goes on from what it finds on the server');
  expect(asked).toEqual(['me@desk']);
});

test('a run that ended well is not started again', async () => {
  const { context, err } = cliContext({ resume: over, startAgain: over });
  expect(await runProgram(['resume', 'core1'], context)).toBe(1);
  expect(err()).toContain('The run of core1 is over');
});
