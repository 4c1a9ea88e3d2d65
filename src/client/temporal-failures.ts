import { isGrpcServiceError, isRetryableError, makeGrpcRetryInterceptor } from '@temporalio/client';
import type { ConnectionOptions } from '@temporalio/client';

/** Codes of gRPC that mean something of its own here (grpc/doc/statuscodes.md). */
const codes = {
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unavailable: 14,
};

/** As the client library has them for each try of a call. */
type CallStatus = Parameters<typeof isRetryableError>[0];

/** A reply of a server has its headers; a status that grpc-js made by itself has none. */
function isServersOwn({ metadata }: Pick<CallStatus, 'metadata'>): boolean {
  return metadata.get('content-type').length > 0;
}

/**
 * How calls are tried again within the deadline. The library's own ten tries outlast it, and the
 * server's reason is lost with the last (measured: 7.3 s instead of 5 s, "deadline exceeded", while
 * its database was away). So a server that says itself that it cannot is asked twice.
 */
export const patience: NonNullable<ConnectionOptions['interceptors']> = [
  makeGrpcRetryInterceptor({
    delayFunction: (tries) => Math.min(500, 100 * 2 ** tries),
    retryableDecider: (tries, status) =>
      isRetryableError(status) && tries < (isServersOwn(status) ? 2 : 10),
  }),
];

/**
 * What the server says when it answers and cannot work: its database is away, or it has just
 * started and its parts have not found each other. Null for every other failure.
 */
export function wordsOfDisability(error: unknown): string | null {
  const failure = grpcFailure(error);
  const cannot: unknown[] = [codes.unavailable, codes.resourceExhausted];
  if (failure === undefined || !cannot.includes(failure.code)) return null;
  return isServersOwn(failure) ? failure.details : null;
}

/** Is the server itself away: nothing listens, the connection broke, or it is too slow to answer? */
export function isUnreachable(error: unknown): boolean {
  const code = grpcCode(error);
  return code === codes.unavailable || code === codes.deadlineExceeded || code === codes.cancelled;
}

/**
 * A question to a run for which no worker polls: the server waits for one until the deadline. When
 * the deadline passes between two tries of the client library, it is called a cancellation.
 */
export function isUnanswered(error: unknown): boolean {
  const code = grpcCode(error);
  return code === codes.deadlineExceeded || code === codes.cancelled;
}

/** A worker polls, but its last attempt to go on with the workflow failed. */
export function isStuck(error: unknown): boolean {
  return grpcCode(error) === codes.failedPrecondition;
}

/** The server does not know what was asked for, or has deleted it since. */
export function isNotFound(error: unknown): boolean {
  return grpcCode(error) === codes.notFound;
}

/** A search attribute that the namespace does not know is an invalid argument of the start. */
export function isUnknownAttribute(error: unknown): boolean {
  return grpcCode(error) === codes.invalidArgument && /search attribute/i.test(allWords(error));
}

function grpcCode(error: unknown): number | undefined {
  return grpcFailure(error)?.code;
}

function grpcFailure(error: unknown) {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (isGrpcServiceError(each)) return each;
  }
  return undefined;
}

function allWords(error: unknown): string {
  const words: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) words.push(each.message);
  return words.join(' ');
}
