import { ProviderNotFound } from '../provider-error.ts';
import type { OvhClient } from './client.ts';
import { idsSchema, netbootSchema } from './schemas.ts';
import type { OvhNetboot } from './schemas.ts';

/** Newest first, as OVH's guides name them; an unknown one comes after these. */
const preferredKernels = ['rescue12-customer', 'rescue-customer', 'rescue64-pro'];

/** The netboots of one type. Ids differ by region and time, so they are looked up every time. */
export async function listNetboots(
  client: OvhClient,
  serverPath: string,
  bootType: 'rescue' | 'harddisk',
  signal?: AbortSignal,
): Promise<OvhNetboot[]> {
  const ids = await client.get(`${serverPath}/boot?bootType=${bootType}`, idsSchema, signal);
  return Promise.all(
    ids.map((id) => client.get(`${serverPath}/boot/${id}`, netbootSchema, signal)),
  );
}

/**
 * Netboots that bring up a Linux rescue system, best first. OVH lists ipxe-shell under "rescue"
 * too, often first, and nothing ever answers there (its rescue guide; seen by two projects).
 */
export function rescueNetboots(netboots: OvhNetboot[]): OvhNetboot[] {
  return netboots
    .filter((netboot) => /^rescue/i.test(netboot.kernel ?? '') && isLinux(netboot))
    .sort((a, b) => rank(a) - rank(b));
}

/** The netboot for a rescue boot: the named kernel or the best. Throws ProviderNotFound. */
export function chooseRescue(
  netboots: OvhNetboot[],
  image: string | undefined,
  service: string,
): { bootId: number; kernel: string } {
  const usable =
    image === undefined
      ? rescueNetboots(netboots)
      : netboots.filter((netboot) => netboot.kernel === image && isLinux(netboot));
  const [chosen] = usable;
  if (chosen !== undefined) return { bootId: chosen.bootId, kernel: chosen.kernel ?? '' };
  const offered = netboots.map((netboot) => netboot.kernel ?? `netboot ${netboot.bootId}`);
  throw new ProviderNotFound(
    `${service} offers ${image === undefined ? 'no Linux rescue system' : `no rescue "${image}"`}; ` +
      `its rescue netboots are: ${offered.join(', ') || 'none'}. Name another in rescue.image, or ` +
      `ask the provider.`,
  );
}

/** The netboot that boots the disk; OVH has one, `hd`. Throws ProviderNotFound. */
export function chooseDisk(netboots: OvhNetboot[], service: string): number {
  const ids = netboots.map((netboot) => netboot.bootId);
  if (ids.length > 0) return Math.min(...ids);
  throw new ProviderNotFound(`${service} offers no boot from disk. Ask the provider.`);
}

function isLinux(netboot: OvhNetboot): boolean {
  return !/win|ipxe/i.test(netboot.kernel ?? '');
}

function rank(netboot: OvhNetboot): number {
  const kernel = netboot.kernel ?? '';
  const position = preferredKernels.findIndex((preferred) => kernel.startsWith(preferred));
  return position === -1 ? preferredKernels.length : position;
}
