import { createHash } from 'node:crypto';

/**
 * Names a job on the host: from server, disk, phase and digest, never from a run id, so that any
 * later attempt or run finds it again.
 */
export function jobKey(phase: string, about: string[]): string {
  const digest = createHash('sha256').update(about.join('\n')).digest('hex').slice(0, 12);
  return `${phase}-${digest}`;
}
