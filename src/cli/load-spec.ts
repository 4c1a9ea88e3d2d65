import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import type { KnownServer } from '../client/run-server.ts';
import { checkUserConfig, ConfigRefused } from '../os/flatcar/user-config.ts';
import { parseLocatedSpec } from '../spec/parse-spec.ts';
import type { LocatedSpec } from '../spec/parse-spec.ts';
import type { ServerSpec, SpecFile, UserConfig } from '../spec/server-spec.ts';
import { SpecError } from '../spec/spec-error.ts';
import type { SpecProblem } from '../spec/spec-error.ts';
import { keysNamed, NotAPublicKey } from './authorized-keys.ts';
import { cannotRead } from './cannot-read.ts';
import { compileButane, ignitionComplaints, ProgramFailed } from './config-programs.ts';
import { inHome } from './home-path.ts';

/** A spec that is complete on any worker, and what is allowed in it and probably not meant. */
type LoadedSpec = { spec: ServerSpec; warnings: string[] };

/**
 * Reads the spec at `path` and every file that it names, relative to the spec's folder. Asks
 * nobody. Throws SpecError with everything that is wrong.
 */
export async function loadSpec(path: string): Promise<LoadedSpec> {
  const text = await readSpecFile(path);
  const located = parseLocatedSpec(text, path);
  const folder = dirname(path);
  const problems: SpecProblem[] = [];
  const warnings: string[] = [];
  const authorizedKeys = await readKeys(located, folder, problems);
  const config = await readConfig(located, folder, { problems, warnings });
  if (problems.length > 0) throw new SpecError(problems);
  const { ssh, ...rest } = located.spec;
  const spec: ServerSpec = { ...rest, config, ssh: { port: ssh.port, authorizedKeys } };
  try {
    warnings.push(...checkUserConfig(spec).warnings);
  } catch (error) {
    if (!(error instanceof ConfigRefused)) throw error;
    const { problems: refusals } = error;
    throw new SpecError(
      refusals.map(({ file, message }) =>
        file === null
          ? located.problemAt(['ssh', 'authorizedKeys'], message)
          : { file, path: '', message },
      ),
    );
  }
  if (config.kind === 'ignition') await validate(config, { problems, warnings });
  if (problems.length > 0) throw new SpecError(problems);
  return { spec, warnings };
}

/**
 * Reads where the server of the spec at `path` is and who may log in to it, and nothing else that
 * the spec names. Throws SpecError.
 */
export async function loadServer(path: string): Promise<KnownServer> {
  const located = parseLocatedSpec(await readSpecFile(path), path);
  const problems: SpecProblem[] = [];
  const authorizedKeys = await readKeys(located, dirname(path), problems);
  if (problems.length > 0) throw new SpecError(problems);
  const { server, provider, ssh, rescue } = located.spec;
  return { server, provider, ssh: { port: ssh.port, authorizedKeys }, rescue };
}

type Findings = { problems: SpecProblem[]; warnings: string[] };

async function readSpecFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new SpecError([{ file: path, path: '', message: cannotRead(error) }]);
  }
}

/** Keys as they are, paths replaced by the keys in their files. */
async function readKeys(
  { spec, problemAt }: LocatedSpec,
  folder: string,
  problems: SpecProblem[],
): Promise<string[]> {
  const keys: string[] = [];
  for (const [index, entry] of spec.ssh.authorizedKeys.entries()) {
    try {
      keys.push(...(await keysNamed(entry, folder)));
    } catch (error) {
      const message =
        error instanceof NotAPublicKey ? error.message : `${entry}: ${cannotRead(error)}`;
      problems.push(problemAt(['ssh', 'authorizedKeys', index], message));
    }
  }
  return [...new Set(keys)];
}

async function readConfig(
  { spec, problemAt }: LocatedSpec,
  folder: string,
  { problems, warnings }: Findings,
): Promise<UserConfig> {
  const [key, file] = configFile(spec.config);
  if (key === null) return { kind: 'none' };
  const path = resolve(folder, inHome(file));
  try {
    if (key !== 'butane') {
      const text = await readFile(path, 'utf8');
      return { kind: key === 'cloudConfig' ? 'cloud-config' : 'ignition', file, text };
    }
    const { ignition, complaints } = await compileButane(path);
    warnings.push(...complaints.map((complaint) => `${file}: ${complaint}`));
    return { kind: 'ignition', file, text: ignition };
  } catch (error) {
    const message = error instanceof ProgramFailed ? error.message : cannotRead(error);
    problems.push(problemAt(['config', key], `${file}: ${message}`));
    return { kind: 'none' };
  }
}

function configFile(
  config: SpecFile['config'],
): ['ignition' | 'butane' | 'cloudConfig', string] | [null] {
  if (config.ignition !== undefined) return ['ignition', config.ignition];
  if (config.butane !== undefined) return ['butane', config.butane];
  if (config.cloudConfig !== undefined) return ['cloudConfig', config.cloudConfig];
  return [null];
}

/** What the real parser says, when the person has it; it exits 0 for mere warnings. */
async function validate(
  config: Extract<UserConfig, { text: string }>,
  { problems, warnings }: Findings,
): Promise<void> {
  const { refused, complaints } = await ignitionComplaints(config.text);
  const said = complaints.map((complaint) => `ignition-validate: ${complaint}`);
  if (refused) {
    problems.push({ file: config.file, path: '', message: said.join('; ') });
  } else {
    warnings.push(...said.map((each) => `${config.file}: ${each}`));
  }
}
