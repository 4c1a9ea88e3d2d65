import { cancellationSignal } from '@temporalio/activity';

import type { ProvisionRequest } from '../contract.ts';
import { roughFit } from '../disk/layout.ts';
import type { RenderedConfig } from '../os/os-target.ts';
import { renderMachineConfig } from '../os/flatcar/machine-config.ts';
import { resolveRelease } from '../os/flatcar/release.ts';
import { checkUserConfig } from '../os/flatcar/user-config.ts';
import type { ServerDescription } from '../providers/provider.ts';
import type { Apply, Plan } from '../run/plan.ts';
import type { ServerSpec } from '../spec/server-spec.ts';
import { formatSize } from '../spec/units.ts';
import { findServer, reachServer } from './access.ts';
import type { Dependencies } from './dependencies.ts';
import { disksInWords } from './hardware-words.ts';
import { partUuidsOf } from './part-uuids.ts';

/** What preflight decides. The config is apart, because few activities carry it. */
export type Preflight = { plan: Plan; config: RenderedConfig };

/** Everything that can be known without touching the server. Read-only, so idempotent. */
export function createPreflightActivities(dependencies: Dependencies) {
  return {
    /**
     * Spec, provider access, hardware against layout, image and its signature, config. Throws one
     * error per thing that a person would have to change; nothing was changed by then. With
     * `runUnderWay` the provider's pending tasks are those of that run, and no reason to refuse.
     */
    async preflight(request: ProvisionRequest, runUnderWay = false): Promise<Preflight> {
      const { spec } = request;
      const signal = cancellationSignal();
      const { warnings } = checkUserConfig(spec);
      const reach = runUnderWay ? findServer : reachServer;
      const { access, described } = await reach(dependencies, spec);
      refuseWhatCannotFit(spec, described);
      const release = await resolveRelease(spec.image, await dependencies.mirrors(), {
        fetch: dependencies.fetch,
        signal,
      });
      const partUuids = partUuidsOf(spec);
      const config = renderMachineConfig({
        spec,
        partitions: (spec.layout?.partitions ?? []).map((partition) => ({
          name: partition.name,
          partUuid: partUuids[partition.name] ?? '',
          filesystem: partition.filesystem,
          mount: partition.mount ?? null,
        })),
        loginPublicKey: access.keys.login,
        hostPublicKey: access.keys.host,
        stamp: { server: spec.server, version: release.version, imageSha512: release.sha512 },
      });
      const apply: Apply = spec.layout?.apply ?? 'whole-disk';
      const plan: Plan = {
        ...access,
        headline: `Flatcar ${release.version} · ${applyInWords(spec, apply)}`,
        release,
        apply,
        disk: spec.disk,
        layout: spec.layout ?? null,
        partUuids,
        configDigest: config.configDigest,
        warnings,
        summary: summarise(described, release.version, release.signedBy),
      };
      return { plan, config: { ignition: config.ignition, userData: config.userData } };
    },
  };
}

function applyInWords(spec: ServerSpec, apply: Apply): string {
  return spec.layout === undefined || apply === 'whole-disk'
    ? 'ROOT takes the whole disk'
    : `${apply} to ${formatSize(spec.layout.root)}`;
}

/** The provider knows only rough sizes; what clearly cannot fit is refused here all the same. */
function refuseWhatCannotFit(spec: ServerSpec, described: ServerDescription): void {
  const sizes = described.hardware?.disks.map((disk) => disk.sizeBytes) ?? [];
  if (spec.layout === undefined || sizes.length === 0) return;
  roughFit(spec.layout, Math.max(...sizes), spec.provider.service);
}

function summarise(described: ServerDescription, version: string, signedBy: string): string {
  const key = `${signedBy.slice(0, 4)}…${signedBy.slice(-4)}`;
  return `${disksInWords(described) ?? 'disks unknown'} · Flatcar ${version} signed by ${key}`;
}
