import type { RunRequests } from '../contract.ts';
import { runKinds } from '../run/run-kinds.ts';
import type { RunKind } from '../run/status.ts';
import type { ServerSpec } from '../spec/server-spec.ts';
import { formatSize } from '../spec/units.ts';

/** What a run is asked for, in one line for lists: `core1 · boot the rescue system`. */
export function summaryOf<Kind extends RunKind>(kind: Kind, request: RunRequests[Kind]): string {
  if (kind === 'provision' && 'spec' in request) return specSummary(request.spec);
  const { server } = 'spec' in request ? request.spec : request;
  return `${server} · ${runKinds[kind].aim}`;
}

/** What a spec asks for, in one line: `core1 · Flatcar stable · shrink to 100 GiB`. */
export function specSummary(spec: ServerSpec): string {
  const { image, layout } = spec;
  const system = `Flatcar ${image.version ?? image.channel}`;
  const goal =
    layout === undefined
      ? 'ROOT on the whole disk'
      : `${layout.apply} to ${formatSize(layout.root)}`;
  return `${spec.server} · ${system} · ${goal}`;
}
