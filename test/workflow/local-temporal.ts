import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';

import { searchAttributeNames } from '../../src/contract.ts';
import { ensureTemporalCli } from '../../src/toolchain/temporal-cli.ts';

/** A Temporal of this test file, in memory, that knows our search attributes. */
export async function startLocalTemporal(): Promise<TestWorkflowEnvironment> {
  // Failures are what these tests are about: the SDK would log each with its stack.
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const { path } = await ensureTemporalCli({ log: () => {} });
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path },
      ip: '127.0.0.1',
      searchAttributes: searchAttributeNames.map((name) => ({ name, type: 'KEYWORD' })),
    },
  });
}
