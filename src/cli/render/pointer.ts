import type { LiveStatus } from '../../client/live-status.ts';
import type { View } from './view.ts';

/** Where to read on. */
export function pointerLines(status: LiveStatus, view: View): string[] {
  const { server } = status;
  const lines = ['', `What happened, step by step:  ${view.program} history ${server} --steps`];
  if (view.uiUrl !== undefined) lines.push(`In the Temporal UI:           ${view.uiUrl}`);
  return lines;
}
