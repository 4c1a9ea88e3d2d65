import { spawn } from 'node:child_process';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import type { LiveStatus } from '../src/client/live-status.ts';
import { serverWorkflowId } from '../src/contract.ts';
import { ensureDev, stopDev } from '../src/dev/background.ts';
import { deriveKeyPair } from '../src/secrets/derive-key.ts';
import { loadMasterSecret } from '../src/secrets/master-secret.ts';
import { ensureTemporalCli } from '../src/toolchain/temporal-cli.ts';
import { stateFolder } from '../src/xdg.ts';
import { makeDemoKey } from './demo-key.ts';
import { demoSpec } from './demo-spec.ts';
import { endEarlierRun } from './earlier-run.ts';
import { ensureImages } from './images/ensure-images.ts';
import { imageFiles } from './image-files.ts';
import { labUp, openLab, type Lab, type LabServerHandle } from './lab-client.ts';
import { labPaths } from './lab-config.ts';

/** The server that the demo provisions, as examples/demo.yaml names it. */
const server = 'core1';
const examples = fileURLToPath(new URL('../examples/', import.meta.url));
const program = fileURLToPath(new URL('../bin/ironstep.mjs', import.meta.url));

/** What `npm run demo -- --json` prints as its last line; each value measured in that run. */
type DemoFigures = {
  ok: boolean;
  seconds: number;
  machineSeconds: number;
  boots: number;
  rootBytes: number;
  rootStartUnchanged: boolean | null;
  partuuidUnchanged: boolean | null;
  filesUnchanged: number | null;
  filesChanged: number | null;
  partitions: NonNullable<LiveStatus['report']>['partitions'];
  historyEvents: number;
  historyBytes: number;
};

type Arguments = { json: boolean; keep: boolean };

/**
 * One rented server from empty to verified, with everything real but the renting: a QEMU machine
 * behind an OVH-compatible API, Temporal, a worker and the CLI. Returns the exit code.
 */
async function demo({ json, keep }: Arguments): Promise<number> {
  const startedMs = performance.now();
  const say = (line: string): void =>
    void (json ? process.stderr : process.stdout).write(`${line}\n`);
  say('ironstep demo: one KS-2a server (2 TB), rented from nobody: a QEMU machine behind an');
  say('OVH-compatible API. Nothing leaves this machine.\n');
  const temporal = await ensureTemporalCli({ log: say });
  say(`✔ Temporal CLI ${temporal.version}`);
  const images = imageFiles(await ensureImages({ log: (line) => say(`  ${line}`) }));
  say('✔ rescue and OS images');
  const lab = await freshLab(images);
  try {
    say(`✔ lab: ${(await lab.status()).acceleration}, ${lab.endpoint}`);
    const { service } = lab.server(server);
    const dev = await ensureDev({ configFolder: lab.configFolder, untilWorks: false });
    await endEarlierRun(temporal.path, dev, serverWorkflowId('ovh', service));
    await ensureDev({ configFolder: lab.configFolder });
    say(`✔ Temporal and a worker; its UI: ${dev.uiUrl}\n`);
    const spec = await writeSpec(lab.server(server));
    const serial = (await lab.server(server).status()).disks[0]?.serial ?? '';
    const code = await ironstep(['provision', spec, '--wipe', serial], json ? 'stderr' : 'inherit');
    const answer = await ironstepOutput(['status', server, '--json']);
    // Why there is none is on stderr.
    if (answer === '') return code || 1;
    const status = JSON.parse(answer) as LiveStatus;
    if (keep) await sayHowToGoOn(say, lab, dev.uiUrl);
    if (json) process.stdout.write(`${JSON.stringify(figures(status, startedMs))}\n`);
    return code;
  } finally {
    if (!keep) {
      await stopDev();
      await lab.down();
    }
  }
}

/** The lab with an empty disk in the demo's server, whatever an earlier demo left. */
async function freshLab(images: Parameters<typeof labUp>[0]['images']): Promise<Lab> {
  const folder = stateFolder('lab');
  await openLabIfAny(folder)?.down();
  await rm(labPaths(folder).server(server).folder, { recursive: true, force: true });
  return labUp({ folder, images });
}

function openLabIfAny(folder: string): Lab | null {
  try {
    return openLab(folder);
  } catch {
    return null;
  }
}

/** A copy of the example, beside a key of this machine, so that a person can log in. */
async function writeSpec({ sshPort }: LabServerHandle): Promise<string> {
  const folder = stateFolder('demo');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await makeDemoKey(keyFile());
  await copyFile(join(examples, 'demo.ign'), join(folder, 'demo.ign'));
  const path = join(folder, 'demo.yaml');
  await writeFile(path, demoSpec(sshPort));
  return path;
}

/** The private key; examples/demo.yaml names its public half, demo.pub. */
function keyFile(): string {
  return stateFolder('demo', 'demo');
}

function figures(status: LiveStatus, startedMs: number): DemoFigures {
  const { report } = status;
  return {
    ok: status.state === 'ready' && report?.ok === true,
    seconds: Math.round((performance.now() - startedMs) / 1000),
    machineSeconds: Math.round((report?.machineMs ?? 0) / 1000),
    boots: report?.boots ?? 0,
    rootBytes: report?.rootBytes ?? 0,
    rootStartUnchanged: report?.rootStartUnchanged ?? null,
    partuuidUnchanged: report?.partuuidUnchanged ?? null,
    filesUnchanged: report?.filesUnchanged ?? null,
    filesChanged: report?.filesChanged ?? null,
    partitions: report?.partitions ?? [],
    historyEvents: status.historyEvents ?? 0,
    historyBytes: status.historyBytes ?? 0,
  };
}

async function sayHowToGoOn(say: (line: string) => void, lab: Lab, uiUrl: string): Promise<void> {
  const { address, sshPort, service } = lab.server(server);
  const knownHosts = join(stateFolder('demo'), 'known_hosts');
  const master = await loadMasterSecret();
  const host = deriveKeyPair({ master, server: `ovh/${service}`, purpose: 'host' });
  const place = sshPort === 22 ? address : `[${address}]:${sshPort}`;
  await writeFile(knownHosts, `${place} ${host.publicKey}\n`);
  say('');
  say(
    `Log in:    ssh -i ${keyFile()} -o UserKnownHostsFile=${knownHosts} -p ${sshPort} core@${address}`,
  );
  say(`Look:      npx ironstep status ${server}   ·   ${uiUrl}`);
  say('End it:    npx ironstep lab down && npx ironstep dev --stop');
}

function ironstep(args: string[], output: 'inherit' | 'stderr'): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      stdio: ['inherit', output === 'inherit' ? 'inherit' : process.stderr, 'inherit'],
    });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

async function ironstepOutput(args: string[]): Promise<string> {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  for await (const chunk of child.stdout) output += String(chunk);
  return output;
}

const usage = `ironstep demo: provisions a QEMU machine behind an OVH-compatible API, and watches

  ironstep demo [--keep] [--json]

  --keep   leave the server, Temporal and its UI up
  --json   one line of JSON at the end; everything else goes to stderr
`;

try {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  });
  if (values.help) process.stdout.write(usage);
  else process.exitCode = await demo(values);
} catch (error) {
  const { message, code = '' } = error as NodeJS.ErrnoException;
  const wrongLine = code.startsWith('ERR_PARSE_ARGS');
  process.stderr.write(wrongLine ? `${message}\n\n${usage}` : `${message}\n`);
  process.exitCode = wrongLine ? 2 : 1;
}
