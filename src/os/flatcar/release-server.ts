import { ReleaseNotFound, ReleaseServerUnavailable, SignatureRefused } from './release-errors.ts';

/** Enough for keys, signatures and digest lists; more is not what was asked for. */
const smallFileBytesMax = 1_000_000;

/** Downloads from a release server; failures are told apart by what a person would do. */
export class ReleaseServer {
  readonly #fetch: typeof fetch;
  readonly #signal: AbortSignal | undefined;

  constructor(options: { fetch: typeof fetch; signal: AbortSignal | undefined }) {
    this.#fetch = options.fetch;
    this.#signal = options.signal;
  }

  /** A small file, or null when the server has no such file. */
  async smallFileIfThere(url: string): Promise<Uint8Array | null> {
    const response = await this.#request(url, 'GET');
    if (response === null) return null;
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of body(response, url)) {
      bytes += chunk.length;
      if (bytes > smallFileBytesMax) {
        throw new SignatureRefused(`${url} is larger than such a file ever is. Nothing was used.`);
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  /** A small file that has to be there. Throws ReleaseNotFound with `hint`. */
  async smallFile(url: string, hint: string): Promise<Uint8Array> {
    const content = await this.smallFileIfThere(url);
    if (content === null) throw new ReleaseNotFound(`${url} does not exist. ${hint}`);
    return content;
  }

  /** How many bytes the file at `url` has. */
  async sizeBytes(url: string): Promise<number> {
    const response = await this.#request(url, 'HEAD');
    if (response === null) {
      throw new ReleaseNotFound(`${url} does not exist, though a signed digest of it does.`);
    }
    const bytes = Number(response.headers.get('content-length') ?? Number.NaN);
    if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
    throw new ReleaseServerUnavailable(`${url}: the server does not say how large the file is.`);
  }

  /** The file in pieces, as they arrive. Throws ReleaseServerUnavailable when it breaks off. */
  async stream(url: string): Promise<AsyncGenerator<Uint8Array>> {
    const response = await this.#request(url, 'GET');
    if (response === null) {
      throw new ReleaseNotFound(`${url} does not exist, though a signature of it does.`);
    }
    return body(response, url);
  }

  /** Null for 404. `identity`: digests and sizes are those of the file, not of a re-encoding. */
  async #request(url: string, method: 'GET' | 'HEAD'): Promise<Response | null> {
    let response: Response;
    try {
      response = await this.#fetch(url, {
        method,
        headers: { 'accept-encoding': 'identity' },
        ...(this.#signal && { signal: this.#signal }),
      });
    } catch (error) {
      throw unavailable(url, `cannot be reached (${reason(error)})`, error);
    }
    if (response.ok) return response;
    await response.body?.cancel();
    if (response.status === 404 || response.status === 410) return null;
    const retryable = response.status >= 500 || [408, 425, 429].includes(response.status);
    const seen = `answers ${response.status} ${response.statusText}`.trimEnd();
    if (retryable) throw unavailable(url, seen);
    throw new ReleaseNotFound(`${url} ${seen}. Check the mirror and its permissions.`);
  }
}

async function* body(response: Response, url: string): AsyncGenerator<Uint8Array> {
  const expected = Number(response.headers.get('content-length') ?? Number.NaN);
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      yield chunk;
    }
  } catch (error) {
    throw unavailable(url, `broke off after ${bytes} bytes (${reason(error)})`, error);
  }
  if (!Number.isNaN(expected) && bytes !== expected) {
    throw unavailable(url, `ended after ${bytes} of ${expected} bytes`);
  }
}

function unavailable(url: string, seen: string, cause?: unknown): ReleaseServerUnavailable {
  return new ReleaseServerUnavailable(`${url} ${seen}. Nothing was changed.`, { cause });
}

/** Node's fetch says "fetch failed" and hides the reason in its cause. */
function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}
