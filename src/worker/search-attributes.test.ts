import type { NativeConnection } from '@temporalio/worker';
import { expect, test } from 'vitest';

import { TemporalNotWorking, TemporalUnreachable } from '../run/temporal-errors.ts';
import { checkSearchAttributes } from './search-attributes.ts';

const place = { address: 'temporal:7233', namespace: 'ironstep' };

/** As the SDK 1.24 throws it; what a server has answered itself has headers. */
function failing(code: number, message: string, contentType: string[]) {
  const metadata = { get: () => contentType };
  const failure = Object.assign(new Error(message), { code, metadata });
  return {
    operatorService: { listSearchAttributes: () => Promise.reject(failure) },
  } as unknown as NativeConnection;
}

test('a worker that starts while the database of Temporal is away says just that', async () => {
  const words = 'GetNamespace operation failed. Error no usable database connection found';
  const checking = checkSearchAttributes(failing(14, words, ['application/grpc']), place);
  await expect(checking).rejects.toThrow(TemporalNotWorking);
  await expect(checking).rejects.toThrow(words);
});

test('a Temporal that goes away meanwhile is unreachable; any other failure is itself', async () => {
  const gone = checkSearchAttributes(failing(14, 'tcp connect error', []), place);
  await expect(gone).rejects.toThrow(TemporalUnreachable);
  const refused = checkSearchAttributes(failing(7, 'no', ['application/grpc']), place);
  await expect(refused).rejects.toThrow(/^no$/);
});
