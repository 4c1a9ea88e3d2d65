import { createHash } from 'node:crypto';

import type { ServerSpec } from '../spec/server-spec.ts';

/**
 * The PARTUUID of each partition of a layout, by name. The same server and layout always give the
 * same ones, so that a run whose predecessor was lost finds its own work again: the config names
 * them, and the config's digest is in the receipt. Another layout gives others.
 *
 * UUID version 8, RFC 9562 §5.8: all but six bits are ours.
 */
export function partUuidsOf({
  provider,
  layout,
}: Pick<ServerSpec, 'provider' | 'layout'>): Record<string, string> {
  if (layout === undefined) return {};
  const { kind, service } = provider;
  const common = JSON.stringify([kind, service, layout.root, layout.partitions]);
  return Object.fromEntries(layout.partitions.map(({ name }) => [name, uuidOf(common, name)]));
}

function uuidOf(common: string, name: string): string {
  const bytes = createHash('sha256').update(`${common}\n${name}`).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
