import type { Payload, PayloadCodec } from '@temporalio/common';

import { PayloadKeyUnknown, PayloadTampered } from './payload-codec.ts';

/**
 * For a worker: one payload that does not open is refused where it is used, as the unknown encoding
 * that it has, and not with everything that arrives beside it. Otherwise an Update or a Signal that
 * a codec server with another key has encoded (a colleague's, say) fails the decoding of the whole
 * workflow task, again and again: the run hangs, for ever after a Signal (measured, SDK 1.24).
 */
export class WorkerCodec implements PayloadCodec {
  readonly #codec: PayloadCodec;

  constructor(codec: PayloadCodec) {
    this.#codec = codec;
  }

  encode(payloads: Payload[]): Promise<Payload[]> {
    return this.#codec.encode(payloads);
  }

  async decode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.all(payloads.map((payload) => this.#decodeOne(payload)));
  }

  async #decodeOne(payload: Payload): Promise<Payload> {
    try {
      const [decoded] = await this.#codec.decode([payload]);
      return decoded ?? payload;
    } catch (error) {
      if (!(error instanceof PayloadKeyUnknown || error instanceof PayloadTampered)) throw error;
      // The SDK says "Unknown encoding: …" of it, so these words reach whoever asked.
      return { ...payload, metadata: { encoding: Buffer.from(error.message) } };
    }
  }
}
