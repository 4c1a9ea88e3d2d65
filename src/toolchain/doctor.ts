import { access, constants, readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { devChildren, devFile, devStatus } from '../dev/dev-status.ts';
import type { DevChild } from '../dev/dev-status.ts';
import { hasWorker, isServing } from '../dev/temporal-server.ts';
import { configFolder, stateFolder } from '../xdg.ts';
import {
  DebianPackagesMissing,
  missingDebianPackages,
  readPackageList,
} from './debian-packages.ts';
import { findProgram } from './find-program.ts';
import { missingNpmPackages } from './npm-packages.ts';
import { findTemporalCli } from './temporal-cli.ts';

/** One thing that ironstep or its lab needs, or can use. */
export type DoctorLine = {
  name: string;
  /** `missing`: something will not work. `warning`: it works, and could be better. */
  state: 'ok' | 'missing' | 'warning';
  detail: string;
  /** What a person can do about it. */
  fix?: string;
};

type Check = () => Promise<DoctorLine>;

const root = new URL('../../', import.meta.url);
const oldestNode = '20.19';

/** Looks at everything, changes nothing, and never throws: what cannot be told is a warning. */
export async function diagnose(): Promise<DoctorLine[]> {
  const checks: Record<string, Check> = {
    Node: node,
    'npm packages': npmPackages,
    'Temporal CLI': temporalCli,
    'Debian packages': debianPackages,
    QEMU: () => program('qemu-system-x86_64', 'the lab'),
    KVM: kvm,
    ssh: () => program('ssh', 'logging in to a server yourself'),
    'ssh-keygen': () => program('ssh-keygen', 'making a login key'),
    butane: () => program('butane', 'specs that name a Butane file'),
    'ignition-validate': () => program('ignition-validate', 'a second look at Ignition configs'),
    'master secret': () =>
      privateFile('master secret', stateFolder('master.key'), 'made by the first worker'),
    'payload key': () =>
      privateFile('payload key', configFolder('payload.key'), 'made at first use'),
    'credentials.yaml': credentials,
    dev,
  };
  return Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      try {
        return await check();
      } catch (error) {
        return { name, state: 'warning', detail: `cannot tell: ${(error as Error).message}` };
      }
    }),
  );
}

async function node(): Promise<DoctorLine> {
  const { node: version } = process.versions;
  const isNew = version.localeCompare(oldestNode, 'en', { numeric: true }) >= 0;
  return {
    name: 'Node',
    state: isNew ? 'ok' : 'missing',
    detail: version,
    ...(isNew ? {} : { fix: `Install Node ${oldestNode} or newer.` }),
  };
}

async function npmPackages(): Promise<DoctorLine> {
  const name = 'npm packages';
  const missing = await missingNpmPackages(fileURLToPath(root));
  if (missing === null) return { name, state: 'ok', detail: 'installed with the package' };
  if (missing.length === 0) return { name, state: 'ok', detail: 'those of package-lock.json' };
  const detail = `${missing.length} differ from package-lock.json, ${missing[0]} for one`;
  return { name, state: 'warning', detail, fix: 'npm ci --ignore-scripts' };
}

async function temporalCli(): Promise<DoctorLine> {
  const found = await findTemporalCli();
  if (found === null) {
    const detail = 'not here yet; dev, demo and tests install it by themselves';
    return { name: 'Temporal CLI', state: 'warning', detail };
  }
  const { version, path, from } = found;
  return { name: 'Temporal CLI', state: 'ok', detail: `${version}, ${path} (${from})` };
}

async function debianPackages(): Promise<DoctorLine> {
  const name = 'Debian packages';
  const list = fileURLToPath(new URL('lab/debian-packages.txt', root));
  if ((await modeOf(list)) === null) {
    return { name, state: 'ok', detail: 'only the lab needs some, and it is not in this package' };
  }
  const wanted = await readPackageList(list);
  try {
    const missing = await missingDebianPackages(wanted);
    if (missing.length === 0) return { name, state: 'ok', detail: `${wanted.length} of the lab` };
    const fix = `sudo apt-get install --no-install-recommends ${missing.join(' ')}`;
    return { name, state: 'missing', detail: `the lab lacks ${missing.join(' ')}`, fix };
  } catch (error) {
    if (!(error instanceof DebianPackagesMissing)) throw error;
    return { name, state: 'warning', detail: 'no Debian or Ubuntu: the lab does not run here' };
  }
}

/** What the lab found when it tried, else whether there is something to try. */
async function kvm(): Promise<DoctorLine> {
  const name = 'KVM';
  const verdict = await readIfThere(stateFolder('lab', 'acceleration.json'));
  if (verdict !== null) {
    const found = JSON.parse(verdict) as { acceleration: string; reason: string };
    return { name, state: found.acceleration === 'kvm' ? 'ok' : 'warning', detail: found.reason };
  }
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK);
    return { name, state: 'ok', detail: '/dev/kvm; the lab tries it before it trusts it' };
  } catch {
    const detail = 'no /dev/kvm that we may use: the lab emulates in software, more slowly';
    return { name, state: 'warning', detail };
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** None of these is needed by every user, so its absence is a warning. */
async function program(name: string, purpose: string): Promise<DoctorLine> {
  const path = await findProgram(name);
  if (path !== null) return { name, state: 'ok', detail: path };
  const detail = `not on PATH; it is for ${purpose}`;
  return { name, state: 'warning', detail, fix: `Install ${name} if you want that.` };
}

async function privateFile(name: string, path: string, origin: string): Promise<DoctorLine> {
  const mode = await modeOf(path);
  if (mode === null) return { name, state: 'ok', detail: `not there yet, ${origin}: ${path}` };
  if ((mode & 0o077) === 0) return { name, state: 'ok', detail: path };
  const detail = `others may open ${path} (mode ${mode.toString(8)})`;
  return { name, state: 'missing', detail, fix: `chmod 600 ${path}` };
}

async function credentials(): Promise<DoctorLine> {
  const name = 'credentials.yaml';
  const path = configFolder(name);
  if ((await modeOf(path)) !== null) return privateFile(name, path, '');
  const detail = `${path} is not there: no provider can be called`;
  return { name, state: 'warning', detail, fix: `Write ${path} with mode 0600.` };
}

async function modeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).mode & 0o777;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function dev(): Promise<DoctorLine> {
  const name = 'dev';
  const status = await devStatus();
  if (status === null) {
    const detail = 'does not run; not needed when TEMPORAL_ADDRESS names a Temporal';
    return { name, state: 'warning', detail, fix: 'ironstep dev --background' };
  }
  const answers: Record<DevChild, boolean> = {
    temporal: await answered(() => isServing(status.address)),
    codec: await answered(async () => (await fetch(`${status.codecUrl}/health`)).ok),
    worker: await answered(async () => {
      const { mtimeMs } = await stat(devFile('worker.pid'));
      return hasWorker(status.address, mtimeMs);
    }),
  };
  const silent = devChildren.filter((child) => !answers[child]);
  if (silent.length === 0) {
    return { name, state: 'ok', detail: `Temporal ${status.address}, UI ${status.uiUrl}` };
  }
  const logs = silent.map((child) => devFile(`${child}.log`)).join(', ');
  return {
    name,
    state: 'missing',
    detail: `no answer from ${silent.join(', ')}`,
    fix: `See ${logs}`,
  };
}

async function answered(ask: () => Promise<boolean>): Promise<boolean> {
  try {
    return await ask();
  } catch {
    return false;
  }
}
