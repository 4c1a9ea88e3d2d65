import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { searchAttributeNames } from '../../src/contract.ts';
import { ensureTemporalCli } from '../../src/toolchain/temporal-cli.ts';
import { checkSearchAttributes } from '../../src/worker/search-attributes.ts';

const script = fileURLToPath(new URL('../../deploy/temporal/setup.sh', import.meta.url));
const namespace = 'team';
const daySeconds = 86_400;

let temporal: TestWorkflowEnvironment;
let programs: string;

beforeAll(async () => {
  const { path } = await ensureTemporalCli();
  programs = await mkdtemp(join(tmpdir(), 'temporal-setup-'));
  await symlink(path, join(programs, 'temporal'));
  temporal = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'existing-path', path }, ip: '127.0.0.1' },
  });
});
afterAll(async () => {
  await temporal?.teardown();
  await rm(programs, { recursive: true, force: true });
});

function setUp(environment: Record<string, string> = {}): string {
  return execFileSync('sh', [script, 'namespace'], {
    encoding: 'utf8',
    env: {
      PATH: `${programs}:${process.env['PATH']}`,
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: namespace,
      ...environment,
    },
  });
}

async function retentionDays(): Promise<number> {
  const { config } = await temporal.connection.workflowService.describeNamespace({ namespace });
  return Number(config?.workflowExecutionRetentionTtl?.seconds) / daySeconds;
}

test('makes the namespace of a team: 90 days, and every search attribute of a run', async () => {
  expect(setUp()).toContain(`search attributes: ${searchAttributeNames.join(' ')}`);
  expect(await retentionDays()).toBe(90);
  await checkSearchAttributes(temporal.nativeConnection, { address: temporal.address, namespace });
});

test('may be repeated, and sets right what somebody changed', async () => {
  setUp({ RETENTION: '3d' });
  expect(await retentionDays()).toBe(3);
  setUp();
  expect(await retentionDays()).toBe(90);
  await checkSearchAttributes(temporal.nativeConnection, { address: temporal.address, namespace });
});
