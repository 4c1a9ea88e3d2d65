import { z } from 'zod';

import { coreHome, goodForKeys } from './config-facts.ts';
import type { ConfigFacts } from './config-facts.ts';
import { dataUrlText } from './data-url.ts';

const resource = z.looseObject({
  source: z.string().nullish(),
  compression: z.string().nullish(),
});
const owner = z.looseObject({ name: z.string().nullish(), id: z.number().nullish() }).nullish();
const named = z.looseObject({ name: z.string() });
const node = z.looseObject({ path: z.string(), user: owner });

/** As much of an Ignition config (spec 3.x) as matters here; Ignition itself checks the rest. */
const ignitionConfig = z.looseObject({
  ignition: z.looseObject({
    version: z.string(),
    config: z
      .looseObject({ merge: z.array(resource).nullish(), replace: resource.nullish() })
      .nullish(),
  }),
  passwd: z
    .looseObject({
      users: z
        .array(
          named.extend({
            sshAuthorizedKeys: z.array(z.string()).nullish(),
            shell: z.string().nullish(),
            shouldExist: z.boolean().nullish(),
          }),
        )
        .nullish(),
    })
    .nullish(),
  storage: z
    .looseObject({
      disks: z.array(z.unknown()).nullish(),
      raid: z.array(z.unknown()).nullish(),
      luks: z.array(z.unknown()).nullish(),
      filesystems: z.array(z.looseObject({ device: z.string() })).nullish(),
      directories: z.array(node).nullish(),
      links: z.array(node).nullish(),
      files: z
        .array(
          node.extend({
            mode: z.number().nullish(),
            contents: resource.nullish(),
            append: z.array(resource).nullish(),
          }),
        )
        .nullish(),
    })
    .nullish(),
  systemd: z
    .looseObject({
      units: z.array(named.extend({ dropins: z.array(named).nullish() })).nullish(),
    })
    .nullish(),
});

type IgnitionConfig = z.infer<typeof ignitionConfig>;
type Storage = NonNullable<IgnitionConfig['storage']>;

const sections = ['ignition', 'passwd', 'storage', 'systemd', 'kernelArguments'];

/** Permissions that were meant octal, but JSON has decimal numbers only. */
const octalModes = new Set([440, 444, 600, 640, 644, 660, 664, 700, 711, 750, 755, 775, 777]);

/**
 * Reads an Ignition config and what it merges into `facts`; what is wrong with it becomes a
 * problem there. `mayUseDevice` says whether a filesystem may be made on a device.
 */
export function readIgnition(
  text: string,
  facts: ConfigFacts,
  mayUseDevice: (device: string) => boolean,
): void {
  const config = parseConfig(text, facts);
  if (config === null) return;
  checkVersion(config.ignition.version, facts);
  for (const key of Object.keys(config).filter((each) => !sections.includes(each))) {
    facts.warnings.push(`unknown key ${key}: Ignition ignores it`);
  }
  const { merge, replace } = config.ignition.config ?? {};
  for (const { source, compression } of [...(merge ?? []), ...(replace ? [replace] : [])]) {
    const inner = readData(source ?? '', compression, facts);
    if (inner !== null) readIgnition(inner, facts, mayUseDevice);
    else facts.problems.push(remoteConfig);
  }
  if (replace) return;
  readUsers(config, facts);
  readStorage(config.storage ?? {}, facts, mayUseDevice);
  for (const { name, dropins } of config.systemd?.units ?? []) {
    facts.units.push({ name, dropins: (dropins ?? []).map((dropin) => dropin.name) });
  }
}

const remoteConfig =
  'ignition.config takes another config from a URL, so what it does cannot be checked before ' +
  'the disk is wiped. Put it in as a data: URL (Butane: local or inline)';

function parseConfig(text: string, facts: ConfigFacts): IgnitionConfig | null {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    // The engine's message may quote the config, which may hold secrets; the place is enough.
    const position = /position (\d+)/.exec((error as Error).message)?.[1];
    const line = text.slice(0, Number(position ?? 0)).split('\n').length;
    const place = position === undefined ? '' : `, see line ${line}`;
    facts.problems.push(`is not JSON${place}. A Butane config belongs under config.butane`);
    return null;
  }
  const parsed = ignitionConfig.safeParse(content);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    facts.problems.push(`${issue.path.join('.') || 'the config'}: ${issue.message}`);
  }
  return null;
}

/** Flatcar's Ignition 2.24 reads 3.0.0 to 3.5.0; releases before 2023 only up to 3.3.0. */
function checkVersion(version: string, facts: ConfigFacts): void {
  const minor = /^3\.(\d+)\.0$/.exec(version)?.[1];
  if (minor === undefined || Number(minor) > 5) {
    facts.problems.push(
      `ignition.version ${version} is not one that Flatcar reads; use 3.0.0 to 3.5.0 ` +
        `(Butane: variant flatcar, version 1.0.0 makes 3.3.0)`,
    );
  } else if (Number(minor) > 3) {
    facts.warnings.push(
      `ignition.version ${version}: systems with an Ignition older than 2.15 read only 3.3.0`,
    );
  }
}

function readUsers(config: IgnitionConfig, facts: ConfigFacts): void {
  for (const user of config.passwd?.users ?? []) {
    if (user.name !== 'core') continue;
    if (user.shouldExist === false) facts.problems.push('passwd.users removes the user core');
    if (/\/(nologin|false)$/.test(user.shell ?? '')) {
      facts.problems.push(`passwd.users gives core the shell ${user.shell}: nobody could log in`);
    }
    facts.files.push({
      path: `${coreHome}/.ssh/authorized_keys.d/ignition`,
      text: (user.sshAuthorizedKeys ?? []).join('\n'),
      goodForKeys: true,
    });
  }
}

function readStorage(
  storage: Storage,
  facts: ConfigFacts,
  mayUseDevice: (device: string) => boolean,
): void {
  for (const kind of ['disks', 'raid', 'luks'] as const) {
    if ((storage[kind] ?? []).length === 0) continue;
    facts.problems.push(
      `storage.${kind} would change the disk while it boots; ironstep owns its layout. ` +
        `Say what you want under layout in the spec`,
    );
  }
  for (const { device } of storage.filesystems ?? []) {
    if (mayUseDevice(device)) continue;
    facts.problems.push(
      `storage.filesystems would format ${device}, which may be on the disk that ironstep lays ` +
        `out. Say what you want under layout in the spec; name another disk by /dev/disk/by-id`,
    );
  }
  facts.directories.push(...(storage.directories ?? []).map(({ path }) => path));
  for (const { path } of storage.links ?? []) {
    facts.files.push({ path, text: null, goodForKeys: false });
  }
  for (const file of storage.files ?? []) readFile(file, facts);
}

function readFile(file: NonNullable<Storage['files']>[number], facts: ConfigFacts): void {
  const { path, user, mode, contents, append } = file;
  if (octalModes.has(mode ?? 0)) {
    facts.warnings.push(
      `${path}: mode ${mode} is decimal in JSON; for octal ${mode} write ` +
        `${Number.parseInt(String(mode), 8)}`,
    );
  }
  if (path === '/etc/hostname') facts.setsHostname = true;
  const known = (append ?? []).length === 0;
  facts.files.push({
    path,
    text: known ? readData(contents?.source ?? 'data:,', contents?.compression, facts) : null,
    goodForKeys: goodForKeys(user?.name ?? user?.id?.toString(), mode ?? 0o644),
  });
}

function readData(
  source: string,
  compression: string | null | undefined,
  facts: ConfigFacts,
): string | null {
  try {
    return dataUrlText(source, compression);
  } catch {
    facts.problems.push(`a data: URL cannot be decoded (${source.slice(0, 20)}…)`);
    return '';
  }
}
