import type { Runs } from './context.ts';

/** A person has pressed Tab and waits. */
const listensWithinMs = 300;
const namesWithinMs = 1_000;

/**
 * Opens the door to the Temporal that this machine uses, with the key that makes runs readable.
 * Throws TemporalUnreachable, PayloadKeyDamaged and FileTooOpen.
 */
export async function openRuns(): Promise<Runs> {
  const [client, dev, converter, key] = await Promise.all([
    import('../client.ts'),
    import('../dev/connection.ts'),
    import('../codec/data-converter.ts'),
    import('../codec/payload-key.ts'),
  ]);
  const { from: _from, ...access } = await dev.resolveTemporal();
  const keys = await key.loadPayloadKeys();
  return client.RunClient.connect(access, converter.createDataConverter(keys));
}

/** Names of servers to complete with; few or none when Temporal is slow or away. */
export async function serverNames(): Promise<string[]> {
  const [{ resolveTemporal }, { listens }] = await Promise.all([
    import('../dev/connection.ts'),
    import('../dev/listens.ts'),
  ]);
  const { from: _from, ...access } = await resolveTemporal();
  // The client of Temporal takes its time to load, and longer to give up.
  if (!(await listens(access.address, listensWithinMs))) return [];
  const names = await import('../client/server-names.ts');
  return names.serverNames(access, namesWithinMs);
}

/** The page of a run in the Temporal UI; only that of `dev` is known. */
export async function runUrl(workflowId: string): Promise<string | undefined> {
  const { devStatus } = await import('../dev/dev-status.ts');
  const dev = await devStatus();
  if (dev === null) return undefined;
  const { resolveTemporal } = await import('../dev/connection.ts');
  const { address } = await resolveTemporal();
  if (address !== dev.address) return undefined;
  return `${dev.uiUrl}/namespaces/${dev.namespace}/workflows/${encodeURIComponent(workflowId)}`;
}
