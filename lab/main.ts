import { createReadStream, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { formatSize } from '../src/spec/units.ts';
import { stateFolder } from '../src/xdg.ts';
import { imageFiles } from './image-files.ts';
import { labSpec } from './lab-spec.ts';
import { LabDown, labUp, openLab } from './lab-client.ts';
import type { Lab, LabStatus } from './lab-client.ts';
import { labPaths, LabUsageError } from './lab-config.ts';
import type { LabImageFiles } from './lab-config.ts';
import type { LabServerView } from './server-view.ts';

const usage = `ironstep lab: servers to try ironstep on, as QEMU machines behind an OVH-compatible API

  ironstep lab up [--servers core1:KS-2a,core2:KS-2b] [--net 127.0.77] [--no-images]
  ironstep lab status [--json]
  ironstep lab spec SERVER       a spec for it, to begin with
  ironstep lab console SERVER [--follow]
  ironstep lab down

  --folder FOLDER   where everything of the lab lies; several labs need ports of their own:
  --ports 7080,7081,7082   of the API, the image server, and the lab's own control
`;

const options = {
  folder: { type: 'string' },
  servers: { type: 'string' },
  net: { type: 'string' },
  ports: { type: 'string' },
  'no-images': { type: 'boolean' },
  json: { type: 'boolean' },
  follow: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Values = ReturnType<typeof parse>['values'];

function parse(args: string[]) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new LabUsageError(`${(error as Error).message}\n\n${usage}`, { cause: error });
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function main(): Promise<void> {
  const { values, positionals } = parse(process.argv.slice(2));
  const [command, server] = positionals;
  const folder = values.folder ?? stateFolder('lab');
  if (values.help || command === undefined) return print(usage);
  if (command === 'up') return up(folder, values);
  if (command === 'status') return status(openLab(folder), values);
  if (command === 'spec') return print(labSpec(await viewOf(openLab(folder), server)).trimEnd());
  if (command === 'console') return showConsole(openLab(folder), server, values);
  if (command === 'down') {
    await openLab(folder).down();
    print('The lab is down. Its disks are kept; `npx ironstep lab up` goes on with them.');
    return print(`To delete them too:  rm -r ${folder}`);
  }
  throw new LabUsageError(`no command ${command}\n\n${usage}`);
}

async function up(folder: string, values: Values): Promise<void> {
  const images = values['no-images'] ? null : await builtImages();
  const { servers, net } = values;
  const ports = values.ports === undefined ? undefined : parsePorts(values.ports);
  const lab = await labUp({
    ...{ folder, images },
    ...(servers === undefined ? {} : { servers }),
    ...(net === undefined ? {} : { net }),
    ...(ports === undefined ? {} : { ports }),
  });
  const seen = await lab.status();
  print(`The lab is up: QEMU machines (${seen.acceleration}) behind an OVH-compatible API.`);
  print(`  API           ${lab.endpoint}   account "lab"`);
  print(`  images        ${lab.imageUrl}/CHANNEL   mirror "lab"`);
  print(`  keys, mirror  ${lab.configFolder}`);
  print(`  all the rest  ${lab.folder}`);
  print(table(seen));
  const name = seen.servers.at(-1)?.name;
  print('To try a spec of your own on one of them:');
  print(`  npx ironstep lab spec ${name} > ${name}.yaml`);
  print(`  npx ironstep dev --background --config ${lab.configFolder}`);
  print(`  npx ironstep plan ${name}.yaml`);
}

async function viewOf(lab: Lab, name: string | undefined): Promise<LabServerView> {
  const { servers } = await lab.status();
  const found = servers.find((each) => each.name === name);
  if (found !== undefined) return found;
  const names = servers.map((each) => each.name).join(', ');
  throw new LabUsageError(`which server? ironstep lab spec SERVER, one of ${names}`);
}

/** Loaded here only: `status` and `console` need none of what builds images. */
async function builtImages(): Promise<LabImageFiles> {
  const { ensureImages } = await import('./images/ensure-images.ts');
  return imageFiles(await ensureImages({ log: print }));
}

function parsePorts(text: string): { api: number; images: number; control: number } {
  const [api, images, control] = text.split(',').map(Number);
  if (api && images && control) return { api, images, control };
  throw new LabUsageError(`--ports ${text}: three numbers, like 7080,7081,7082`);
}

async function status(lab: Lab, values: Values): Promise<void> {
  const seen = await lab.status();
  print(values.json ? JSON.stringify(seen) : table(seen));
}

function table({ servers }: LabStatus): string {
  const rows = servers.map((server) => [
    server.name,
    server.kind,
    server.service,
    server.power,
    server.runs,
    server.bootTarget,
    sshAddress(server),
    server.disks.map((disk) => `${disk.serial} ${formatSize(disk.sizeBytes)}`).join(', '),
  ]);
  const heads = ['SERVER', 'KIND', 'SERVICE', 'POWER', 'RUNS', 'NEXT BOOT', 'SSH', 'DISK'];
  const all = [heads, ...rows];
  const widths = heads.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function sshAddress({ address, sshPort, boots }: LabServerView): string {
  const at = sshPort === 22 ? address : `${address}:${sshPort}`;
  return boots.at(-1)?.bannerAfterMs === null ? `${at} (silent)` : at;
}

/** Prints what the serial console said, over all boots, and with --follow what it says next. */
async function showConsole(lab: Lab, name: string | undefined, values: Values): Promise<void> {
  if (name === undefined) throw new LabUsageError('which server? ironstep lab console SERVER');
  const file = labPaths(lab.folder).server(lab.server(name).name).console;
  let shownBytes = 0;
  do {
    const sizeBytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (sizeBytes > shownBytes) {
      const part = createReadStream(file, { start: shownBytes, end: sizeBytes - 1 });
      await pipeline(part, process.stdout, { end: false });
      shownBytes = sizeBytes;
    }
    await sleep(values.follow ? 200 : 0);
  } while (values.follow);
}

main().catch((error: unknown) => {
  const known = error instanceof LabUsageError || error instanceof LabDown;
  process.stderr.write(`${known ? error.message : String((error as Error).stack)}\n`);
  process.exitCode = error instanceof LabUsageError ? 2 : 1;
});
