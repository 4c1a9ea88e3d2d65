import { fileURLToPath } from 'node:url';

import type { DataConverter } from '@temporalio/common';

import { EncryptingCodec } from './payload-codec.ts';
import type { PayloadKeys } from './payload-key.ts';
import { WorkerCodec } from './worker-codec.ts';

/** A data converter whose failure converter must be in the workflow bundle too. */
type OurDataConverter = DataConverter & { failureConverterPath: string };

/**
 * Of src both from src/codec and from dist/codec: TypeScript does not copy it, and the package
 * brings it along.
 */
const failureConverterPath = fileURLToPath(
  new URL('../../src/codec/failure-converter.cjs', import.meta.url),
);

/**
 * What client and worker share, so that Temporal stores arguments, results, memos, summaries and
 * the messages of failures encrypted. Search attributes, workflow ids, and activity and failure
 * types stay readable. Decoding throws PayloadKeyUnknown and PayloadTampered.
 */
export function createDataConverter(keys: PayloadKeys): OurDataConverter {
  return { failureConverterPath, payloadCodecs: [new EncryptingCodec(keys)] };
}

/**
 * The same for a worker, which goes on beside a payload that does not open. One that brings its own
 * bundle passes `failureConverterPath` to bundleWorkflowCode as well.
 */
export function createWorkerDataConverter(keys: PayloadKeys): OurDataConverter {
  return { failureConverterPath, payloadCodecs: [new WorkerCodec(new EncryptingCodec(keys))] };
}
