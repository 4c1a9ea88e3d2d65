import { freePort } from '../../src/dev/free-port.ts';

/** Below those that the kernel gives to outgoing connections (ip_local_port_range). */
const lowest = 20_000;
const highest = 32_767;

/**
 * Ports of 127.0.0.1 on which nothing listens. All fit into 15 bits: Temporal keeps the ports of
 * its roles in a smallint, and does not start with higher ones on PostgreSQL (seen with 1.32).
 */
export async function lowPorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  let port = lowest + Math.floor(Math.random() * (highest - lowest - 1_000));
  while (ports.length < count && port <= highest) {
    if ((await freePort(port)) === port) ports.push(port);
    port += 1;
  }
  if (ports.length < count) throw new Error(`no ${count} free ports up to ${highest}`);
  return ports;
}
