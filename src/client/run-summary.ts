import type { ServerSpec } from '../spec/server-spec.ts';
import { formatSize } from '../spec/units.ts';

/** What is asked for, in one line for lists: `core1 · Flatcar stable · shrink to 100 GiB`. */
export function summaryOf(spec: ServerSpec): string {
  const { image, layout } = spec;
  const system = `Flatcar ${image.version ?? image.channel}`;
  const goal =
    layout === undefined
      ? 'ROOT on the whole disk'
      : `${layout.apply} to ${formatSize(layout.root)}`;
  return `${spec.server} · ${system} · ${goal}`;
}
