import { z } from 'zod';

import { deadlines } from '../../run/deadlines.ts';
import type { Account } from '../../secrets/credentials.ts';
import { redact } from '../../secrets/known-secrets.ts';
import {
  ProviderOutcomeUnknown,
  ProviderRequestInvalid,
  ProviderUnavailable,
} from '../provider-error.ts';
import { mayBeClock, readRefusal, refusalError } from './refusal.ts';
import { ovhSignature } from './signature.ts';

type Method = 'GET' | 'PUT' | 'POST';
type Sent = {
  method: Method;
  url: string;
  body: string;
  signal: AbortSignal | undefined;
  /** Epoch milliseconds; past it nothing is sent any more. */
  sendByMs?: number;
};
type Answer = { response: Response; text: string };

/** Failures of a connection that was never made: nothing was sent, so nothing was done. */
const notSentCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * Signed calls to OVH's API. Every failure is one of `provider-error.ts`, its message names the
 * call and never holds a key. A cancelled call throws the reason of its signal.
 */
export class OvhClient {
  readonly #account: Account;
  readonly #timeoutMs: number;
  /** OVH's clock minus ours. Read before the first signed call. */
  #clockDeltaSeconds: number | null = null;

  /** `timeoutMs` limits one call. */
  constructor(account: Account, timeoutMs: number = deadlines.providerCallMs) {
    this.#account = account;
    this.#timeoutMs = timeoutMs;
  }

  async get<T>(path: string, schema: z.ZodType<T>, signal?: AbortSignal): Promise<T> {
    const sent = this.#request('GET', path, '', signal);
    return this.#parse(sent, await this.#signed(sent), schema);
  }

  /** Partial bodies are fine: what is not named stays. The answer says nothing, so read back. */
  async put(path: string, body: object, signal?: AbortSignal): Promise<void> {
    await this.#signed(this.#request('PUT', path, JSON.stringify(body), signal));
  }

  /**
   * Not repeatable: throws ProviderOutcomeUnknown when it may have been carried out. Nothing is
   * sent after `sendByMs`.
   */
  async post<T>(
    path: string,
    schema: z.ZodType<T>,
    { sendByMs, signal }: { sendByMs: number; signal?: AbortSignal | undefined },
  ): Promise<T> {
    const sent = { ...this.#request('POST', path, '', signal), sendByMs };
    return this.#parse(sent, await this.#signed(sent), schema);
  }

  /**
   * A call that asks for no key, so it is not signed; repeating it is harmless. The body is never
   * in a message.
   */
  async postOpen<T>(
    path: string,
    body: object,
    schema: z.ZodType<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const sent = this.#request('POST', path, JSON.stringify(body), signal);
    return this.#parse(sent, this.#accepted(sent, await this.#send(sent, {})), schema);
  }

  /** How far OVH's clock is ahead of ours, in milliseconds. */
  async clockAheadMs(signal?: AbortSignal): Promise<number> {
    return 1000 * (this.#clockDeltaSeconds ?? (await this.#readClock(signal)));
  }

  #request(method: Method, path: string, body: string, signal: AbortSignal | undefined): Sent {
    return { method, url: this.#account.endpoint + path, body, signal };
  }

  /** Sends; when the signature may be stale, asks for the time and sends once more. */
  async #signed(sent: Sent): Promise<Answer> {
    let delta = this.#clockDeltaSeconds ?? (await this.#readClock(sent.signal));
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#send(sent, this.#signatureHeaders(sent, delta));
      if (answer.response.ok) return answer;
      this.#refuseRedirect(sent, answer.response);
      const call = { method: sent.method, request: describe(sent) };
      const refusal = readRefusal(call, answer.response, redact(answer.text));
      // SDKs keep the delta for ever; a clock that was set since then looks like a wrong key.
      if (attempt > 1 || !mayBeClock(refusal)) throw refusalError(refusal);
      delta = await this.#readClock(sent.signal);
    }
  }

  #signatureHeaders(sent: Sent, deltaSeconds: number): Record<string, string> {
    const timestampSeconds = Math.floor(Date.now() / 1000) + deltaSeconds;
    const applicationSecret = this.#account.applicationSecret.reveal();
    const consumerKey = this.#account.consumerKey.reveal();
    const signed = { applicationSecret, consumerKey, timestampSeconds };
    return {
      'X-Ovh-Application': this.#account.applicationKey.reveal(),
      'X-Ovh-Consumer': consumerKey,
      'X-Ovh-Timestamp': String(timestampSeconds),
      'X-Ovh-Signature': ovhSignature({ ...sent, ...signed }),
    };
  }

  async #readClock(signal: AbortSignal | undefined): Promise<number> {
    const sent = this.#request('GET', '/auth/time', '', signal);
    const answer = this.#accepted(sent, await this.#send(sent, {}));
    const seconds = this.#parse(sent, answer, z.number().int());
    this.#clockDeltaSeconds = seconds - Math.floor(Date.now() / 1000);
    return this.#clockDeltaSeconds;
  }

  /** The answer of a call that is not signed. Throws when it is not 2xx. */
  #accepted(sent: Sent, answer: Answer): Answer {
    this.#refuseRedirect(sent, answer.response);
    if (answer.response.ok) return answer;
    const call = { method: sent.method, request: describe(sent) };
    throw refusalError(readRefusal(call, answer.response, redact(answer.text)));
  }

  async #send(sent: Sent, signature: Record<string, string>): Promise<Answer> {
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const signal = sent.signal === undefined ? timeout : AbortSignal.any([sent.signal, timeout]);
    const type: Record<string, string> =
      sent.body === '' ? {} : { 'Content-Type': 'application/json; charset=utf-8' };
    refuseLate(sent);
    try {
      const response = await fetch(sent.url, {
        method: sent.method,
        headers: { Accept: 'application/json', 'User-Agent': 'ironstep', ...type, ...signature },
        redirect: 'manual',
        signal,
        ...(sent.body === '' ? {} : { body: sent.body }),
      });
      return { response, text: await response.text() };
    } catch (cause) {
      if (sent.signal?.aborted === true) throw sent.signal.reason;
      throw this.#noAnswer(sent, cause, timeout.aborted);
    }
  }

  #noAnswer(sent: Sent, cause: unknown, timedOut: boolean): Error {
    const code = errorCode(cause);
    const seen = timedOut ? `no answer within ${this.#timeoutMs} ms` : (code ?? 'connection lost');
    if (sent.method === 'POST' && !notSentCodes.has(code ?? '')) {
      return new ProviderOutcomeUnknown(
        `${describe(sent)}: ${seen}. It may have been carried out all the same.`,
        { cause },
      );
    }
    return new ProviderUnavailable(`${describe(sent)}: ${seen}. Trying again later helps.`, {
      cause,
    });
  }

  /** The signature covers the URL, and the keys must not go to another host. */
  #refuseRedirect(sent: Sent, response: Response): void {
    if (response.status < 300 || response.status >= 400) return;
    throw new ProviderRequestInvalid(
      `${describe(sent)} was answered with a redirect (${response.status}), which is not followed. ` +
        `Check the account's endpoint in credentials.yaml.`,
    );
  }

  /** Reads a 2xx answer. What cannot be read after a POST leaves its outcome open. */
  #parse<T>(sent: Sent, answer: Answer, schema: z.ZodType<T>): T {
    const options = { requestId: answer.response.headers.get('x-ovh-queryid') };
    const problem = (what: string): Error =>
      sent.method === 'POST'
        ? new ProviderOutcomeUnknown(`${describe(sent)} was answered with ${what}.`, options)
        : new ProviderUnavailable(`${describe(sent)} was answered with ${what}.`, options);
    let content: unknown;
    try {
      content = JSON.parse(answer.text);
    } catch {
      // A maintenance page, or nothing at all. It is not shown: it may quote the request.
      throw problem(answer.text === '' ? 'nothing' : 'something that is not JSON');
    }
    const parsed = schema.safeParse(content);
    if (parsed.success) return parsed.data;
    throw problem(`JSON of another shape: ${z.prettifyError(parsed.error)}`);
  }
}

/** The last look at the clock: a process that was stopped wakes up between any two lines. */
function refuseLate(sent: Sent): void {
  if (sent.sendByMs === undefined || Date.now() <= sent.sendByMs) return;
  throw new ProviderUnavailable(
    `${describe(sent)} was not sent: this worker was stopped in between, and what it wanted may be ` +
      `outdated.`,
  );
}

function describe(sent: Sent): string {
  return `${sent.method} ${sent.url}`;
}

function errorCode(error: unknown): string | null {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return null;
}
