import { expect, it } from 'vitest';

import { spanIdOf, traceIdOf } from './run-span.ts';

it('ids have the form of W3C trace context, and phases of a run differ', () => {
  const runId = '01a20ccd-929b-764c-9407-f09f50b962ba';
  expect(traceIdOf(runId)).toBe('01a20ccd929b764c9407f09f50b962ba');
  const ids = [0, 1, 300].map((entry) => spanIdOf(runId, entry));
  expect(ids).toEqual(['9407f09f50b90000', '9407f09f50b90001', '9407f09f50b9012c']);
});
