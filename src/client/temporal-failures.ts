import { isGrpcServiceError } from '@temporalio/client';

/** Codes of gRPC that mean something of its own here (grpc/doc/statuscodes.md). */
const codes = {
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  failedPrecondition: 9,
  unavailable: 14,
};

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
  for (let each = error; each instanceof Error; each = each.cause) {
    if (isGrpcServiceError(each)) return each.code;
  }
  return undefined;
}

function allWords(error: unknown): string {
  const words: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) words.push(each.message);
  return words.join(' ');
}
