import type { DiskSelector, ServerSpec } from '../../spec/server-spec.ts';
import { readCloudConfig } from './cloud-config.ts';
import { noFacts } from './config-facts.ts';
import type { ConfigFacts } from './config-facts.ts';
import { readIgnition } from './ignition-config.ts';
import { loginProblems } from './login-check.ts';
import { heldUnits, holdDropin, ourPaths, ourUnits } from './our-files.ts';
import { deprecatedOptions } from './sshd-config.ts';

/** One reason not to use a config; `file` is null when it is the spec that lacks something. */
export type ConfigProblem = { file: string | null; message: string };

/**
 * The user's machine config cannot be used. Its author must correct it; nothing was changed.
 *
 * @where command line, preflight
 * @within SpecError on the command line
 * @changed Nothing. It is checked before anything is asked of the provider, and once more by the
 *   worker.
 * @remedy Correct the machine config: each line of the message is one thing.
 * @example
 * The config of core1 is refused; nothing was changed.
 *   core1.ign: unit docker-data.mount is made by ironstep; leave it out
 */
export class ConfigRefused extends Error {
  override name = 'ConfigRefused';
  readonly problems: ConfigProblem[];

  constructor(server: string, problems: ConfigProblem[]) {
    const lines = problems.map(({ file, message }) => `  ${file ?? 'spec'}: ${message}`);
    super([`The config of ${server} is refused; nothing was changed.`, ...lines].join('\n'));
    this.problems = problems;
  }
}

/** A config travels in the run's history and on the OEM partition; both want it small. */
const configBytesMax = 256 * 1024;

/**
 * Checks the machine config that a spec brings, as far as that can be done without the server: is
 * it a config, does it leave our files, units and the disk alone, and can somebody log in as core
 * afterwards. Returns what is allowed and probably not meant. Throws ConfigRefused.
 */
export function checkUserConfig(spec: ServerSpec): { warnings: string[] } {
  const facts = userConfigFacts(spec);
  const { config } = spec;
  const file = config.kind === 'none' ? null : config.file;
  const problems = [...facts.problems, ...collisions(facts, spec)].map((message) => ({
    file,
    message,
  }));
  // What cannot be read cannot be judged: its keys may be in the part that is broken.
  if (problems.length === 0) {
    const specHasKeys = spec.ssh.authorizedKeys.length > 0;
    problems.push(...loginProblems(facts, specHasKeys).map((message) => ({ file, message })));
  }
  if (problems.length > 0) throw new ConfigRefused(spec.server, problems);
  const warnings = [...facts.warnings, ...sshdWarnings(facts), ...hiddenFiles(facts, spec)];
  return { warnings: warnings.map((warning) => (file === null ? warning : `${file}: ${warning}`)) };
}

/** What the user's config would do; its own problems and warnings are among the facts. */
export function userConfigFacts(spec: ServerSpec): ConfigFacts {
  const facts = noFacts();
  const { config } = spec;
  if (config.kind === 'none') return facts;
  const bytes = Buffer.byteLength(config.text);
  if (bytes > configBytesMax) {
    facts.problems.push(
      `has ${Math.ceil(bytes / 1024)} KiB; at most ${configBytesMax / 1024} KiB can travel with ` +
        `a run. Let the server fetch large files by URL at its first boot`,
    );
  } else if (config.kind === 'ignition') {
    readIgnition(config.text, facts, (device) => isAnotherDisk(device, spec.disk));
  } else {
    readCloudConfig(config.text, facts);
  }
  return facts;
}

/** Only a by-id name that certainly is not of the disk of the spec. */
function isAnotherDisk(device: string, disk: DiskSelector): boolean {
  const id = /^\/dev\/disk\/by-id\/(.+)$/.exec(device)?.[1];
  if (id === undefined) return false;
  const tellsWwn = id.startsWith('wwn-');
  if ('serial' in disk) return !tellsWwn && !id.includes(disk.serial);
  return 'wwn' in disk && tellsWwn && !id.includes(disk.wwn.replace(/^(wwn-)?0x/, ''));
}

function collisions(facts: ConfigFacts, spec: ServerSpec): string[] {
  const ours = ourPaths(spec);
  const inOurPlace = (path: string): boolean =>
    ours.some(
      (our) => path === our || `${path}/` === our || (our.endsWith('/') && path.startsWith(our)),
    );
  const files = facts.files
    .map(({ path }) => path)
    // A file or link in the place of a folder above ours would take ours away.
    .filter((path) => inOurPlace(path) || ours.some((our) => our.startsWith(`${path}/`)));
  const paths = [...files, ...facts.directories.filter(inOurPlace)];
  const units = facts.units
    .filter(({ name }) => ourUnits(spec).includes(name))
    .map(({ name }) => name);
  const dropins = facts.units
    .filter(({ name }) => heldUnits.some((held) => held === name))
    .filter((unit) => unit.dropins.includes(holdDropin))
    .map(({ name }) => `${holdDropin} of ${name}`);
  return [
    ...paths.map((path) => `${path} is written by ironstep; leave it out`),
    ...[...units, ...dropins].map((name) => `unit ${name} is made by ironstep; leave it out`),
  ];
}

function sshdWarnings(facts: ConfigFacts): string[] {
  return facts.files
    .filter(({ path }) => /^\/etc\/ssh\/sshd_config(\.d\/.*\.conf)?$/.test(path))
    .flatMap(({ path, text }) =>
      text === null
        ? [`${path} is not known before the first boot; sshd may then let nobody in`]
        : deprecatedOptions(text).map(
            (option) => `${path}: sshd ignores ${option}, it is no longer an option`,
          ),
    );
}

/** Config files are written before the partitions of the layout exist. */
function hiddenFiles(facts: ConfigFacts, spec: ServerSpec): string[] {
  return (spec.layout?.partitions ?? []).flatMap(({ name, mount }) =>
    facts.files
      .filter(({ path }) => mount !== undefined && path.startsWith(`${mount}/`))
      .map(({ path }) => `${path} will be hidden by partition ${name}, mounted on ${mount}`),
  );
}
