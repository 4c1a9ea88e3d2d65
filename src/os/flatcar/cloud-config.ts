import { gunzipSync } from 'node:zlib';

import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';

import { nearestWord } from '../../spec/nearest-word.ts';
import { coreHome, goodForKeys } from './config-facts.ts';
import type { ConfigFacts } from './config-facts.ts';

/** Read as text only, a key without a value is the empty text. */
function orEmpty<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => (value === '' ? undefined : value), schema.optional());
}

function listOf<Item extends z.ZodType>(item: Item) {
  return orEmpty(z.array(item));
}

const unit = z.looseObject({
  name: z.string(),
  drop_ins: listOf(z.looseObject({ name: z.string() })),
});
const user = z.looseObject({ name: z.string(), ssh_authorized_keys: listOf(z.string()) });
const file = z.looseObject({
  path: z.string(),
  content: z.string().default(''),
  encoding: z.string().default(''),
  permissions: z.string().default('0644'),
  owner: z.string().default('root'),
});

/** As much of coreos-cloudinit's format as matters here (its config/config.go). */
const cloudConfig = z.looseObject({
  hostname: z.string().optional(),
  ssh_authorized_keys: listOf(z.string()),
  write_files: listOf(file),
  users: listOf(user),
  coreos: orEmpty(z.looseObject({ units: listOf(unit) })),
});

const knownKeys = {
  top: ['coreos', 'hostname', 'manage_etc_hosts', 'ssh_authorized_keys', 'users', 'write_files'],
  coreos: ['etcd', 'etcd2', 'flannel', 'fleet', 'locksmith', 'oem', 'units', 'update'],
  file: ['content', 'encoding', 'owner', 'path', 'permissions'],
};

/**
 * Reads a legacy cloud-config into `facts`; what is wrong with it becomes a problem there. The
 * values are read as plain text, as coreos-cloudinit reads them: `permissions: 0600` is octal.
 */
export function readCloudConfig(text: string, facts: ConfigFacts): void {
  if (text.split('\n')[0]?.trimEnd() !== '#cloud-config') {
    facts.problems.push('does not begin with the line #cloud-config, so it would be ignored');
    return;
  }
  const content = parseYaml(text, facts);
  if (content === undefined) return;
  const parsed = cloudConfig.safeParse(content);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      facts.problems.push(`${issue.path.join('.') || 'the config'}: ${issue.message}`);
    }
    return;
  }
  const { hostname, ssh_authorized_keys: keys = [], users = [], coreos } = parsed.data;
  warnOfUnknownKeys(parsed.data, '', knownKeys.top, facts);
  if (coreos !== undefined) warnOfUnknownKeys(coreos, 'coreos.', knownKeys.coreos, facts);
  facts.setsHostname ||= hostname !== undefined && hostname !== '';
  facts.units.push(
    ...(coreos?.units ?? []).map(({ name, drop_ins }) => ({
      name,
      dropins: (drop_ins ?? []).map((dropin) => dropin.name),
    })),
  );
  const coresOwn = users.filter(({ name }) => name === 'core');
  writeKeys([...keys, ...coresOwn.flatMap((each) => each.ssh_authorized_keys ?? [])], facts);
  // After the keys, as coreos-cloudinit does it (initialize/config.go, Apply).
  for (const each of parsed.data.write_files ?? []) readFile(each, facts);
}

function parseYaml(text: string, facts: ConfigFacts): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: 'failsafe',
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    uniqueKeys: false,
  });
  for (const error of document.errors) {
    facts.problems.push(`is not YAML, see line ${lines.linePos(error.pos[0]).line}`);
  }
  if (document.errors.length > 0) return undefined;
  const content: unknown = document.toJS();
  return withUnderscores(content === null || content === '' ? {} : content);
}

/** `write-files` is `write_files` to coreos-cloudinit, at every level. */
function withUnderscores(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withUnderscores);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    key.replaceAll('-', '_'),
    withUnderscores(inner),
  ]);
  return Object.fromEntries(entries) as unknown;
}

/** `update-ssh-keys` keeps them in a folder and makes authorized_keys of all that is there. */
function writeKeys(keys: string[], facts: ConfigFacts): void {
  if (keys.length === 0) return;
  for (const name of ['authorized_keys.d/coreos-cloudinit', 'authorized_keys']) {
    const path = `${coreHome}/.ssh/${name}`;
    facts.files.push({ path, text: keys.join('\n'), goodForKeys: true });
  }
}

function readFile(written: z.infer<typeof file>, facts: ConfigFacts): void {
  const { path, permissions, owner } = written;
  warnOfUnknownKeys(written, `write_files (${path}): `, knownKeys.file, facts);
  if (!/^[0-7]{1,5}$/.test(permissions)) {
    facts.problems.push(`${path}: permissions ${permissions} is not octal; write it like "0644"`);
  } else if (!permissions.startsWith('0')) {
    facts.warnings.push(
      `${path}: permissions ${permissions} looks decimal and is read as octal; ` +
        `write "0${permissions}"`,
    );
  }
  facts.files.push({
    path,
    text: decoded(written, facts),
    goodForKeys: goodForKeys(owner.split(':')[0], Number.parseInt(permissions, 8)),
  });
}

function decoded({ path, content, encoding }: z.infer<typeof file>, facts: ConfigFacts) {
  const zipped = /^gz(ip)?(\+|$)/.test(encoding);
  const base64 = /(^|\+)b(ase)?64$/.test(encoding);
  if (encoding === '') return content;
  try {
    const bytes = Buffer.from(content, base64 ? 'base64' : 'latin1');
    if (zipped || base64) return (zipped ? gunzipSync(bytes) : bytes).toString('utf8');
  } catch {
    // Told below: an encoding that is not what it says.
  }
  facts.problems.push(`${path}: its content cannot be decoded as ${encoding}`);
  return '';
}

function warnOfUnknownKeys(
  written: object,
  where: string,
  known: string[],
  facts: ConfigFacts,
): void {
  for (const key of Object.keys(written).filter((each) => !known.includes(each))) {
    const near = nearestWord(key, known);
    const question = near === undefined ? '' : `. Did you mean ${near}?`;
    facts.warnings.push(`${where}unknown key ${key}: coreos-cloudinit ignores it${question}`);
  }
}
