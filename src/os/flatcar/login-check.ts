import { coreHome } from './config-facts.ts';
import type { ConfigFacts, WrittenFile } from './config-facts.ts';
import { holdsPublicKey } from './public-keys.ts';
import { globalValues, matchedValues, sshdOptions } from './sshd-config.ts';
import type { SshdOption } from './sshd-config.ts';

const mainConfig = '/etc/ssh/sshd_config';
const dropinFolder = '/etc/ssh/sshd_config.d/';

/** What Flatcar's own sshd_config amounts to, as far as it matters here. */
const flatcarConfig = [
  `Include ${dropinFolder}*.conf`,
  'AuthorizedKeysFile .ssh/authorized_keys .ssh/authorized_keys.d/ignition',
].join('\n');

/** What sshd takes when its config does not say (sshd_config(5)). */
const sshdDefault = ['.ssh/authorized_keys', '.ssh/authorized_keys2'];

/**
 * Why nobody could log in as core after this config; empty when somebody can. The keys of
 * `spec.ssh.authorizedKeys` are put by us where sshd looks, so with one of them only an sshd that
 * takes no keys at all is refused.
 */
export function loginProblems(facts: ConfigFacts, specHasKeys: boolean): string[] {
  const config = fileAt(facts, mainConfig);
  if (config !== undefined && config.text === null) {
    return specHasKeys ? [] : [`${mainConfig} is not known here, ${giveUsAKey}`];
  }
  const options = sshdOptions(config?.text ?? flatcarConfig, (pattern) => dropins(facts, pattern));
  const global = globalValues(options, 'authorizedkeysfile') ?? sshdDefault;
  const alternatives = [global, ...matchedValues(options, 'authorizedkeysfile', 'core')];
  return [
    ...refusals(options),
    ...alternatives.flatMap((files) => keyFileProblem(files, facts, specHasKeys) ?? []),
  ];
}

const giveUsAKey = 'and ssh.authorizedKeys is empty: put your public key there';

/** Settings that keep core or our host key out, whatever the keys are. */
function refusals(options: SshdOption[]): string[] {
  const problems: string[] = [];
  const values = (keyword: string): string[] =>
    options.filter((each) => each.keyword === keyword).flatMap((each) => each.values);
  const pubkey = [
    globalValues(options, 'pubkeyauthentication') ?? [],
    ...matchedValues(options, 'pubkeyauthentication', 'core'),
  ];
  if (pubkey.some(([value]) => value?.toLowerCase() === 'no')) {
    problems.push('sshd_config sets PubkeyAuthentication no: nobody could log in with a key');
  }
  const allowed = values('allowusers');
  if (allowed.length > 0 && !allowed.some((name) => name.startsWith('core') || /[*?]/.test(name))) {
    problems.push(`sshd_config sets AllowUsers ${allowed.join(' ')}, which leaves core out`);
  }
  if (values('denyusers').some((name) => name === 'core')) {
    problems.push('sshd_config sets DenyUsers core');
  }
  const hostKeys = values('hostkey');
  if (hostKeys.length > 0 && !hostKeys.includes('/etc/ssh/ssh_host_ed25519_key')) {
    problems.push(
      'sshd_config names its HostKeys, but not /etc/ssh/ssh_host_ed25519_key, by which the ' +
        'server is recognised at its first boot: add that one',
    );
  }
  return problems;
}

function keyFileProblem(files: string[], facts: ConfigFacts, specHasKeys: boolean): string | null {
  if (files[0]?.toLowerCase() === 'none') {
    return 'sshd_config sets AuthorizedKeysFile none: nobody could log in with a key';
  }
  if (specHasKeys) return null;
  const withKeys = facts.files.filter((file) => file.text !== null && holdsPublicKey(file.text));
  const read = files.map(inHome);
  const answer = read.map((path) => fileAt(facts, path)).find((file) => withKeys.includes(file!));
  if (answer?.goodForKeys) return null;
  if (answer !== undefined) {
    return (
      `${answer.path} would not be accepted by sshd: core must be able to read it, and only ` +
      `its owner to write it (owner: core, permissions: 0600)`
    );
  }
  if (withKeys.length === 0) {
    return `nobody could log in: there is no public key in the config, ${giveUsAKey}`;
  }
  return (
    `nobody could log in: sshd reads keys from ${read.join(' and ')}, which nothing writes ` +
    `(there are keys in ${withKeys.map((file) => file.path).join(', ')}), ${giveUsAKey}`
  );
}

/** `%h/.ssh/x`, `.ssh/x` and `/etc/keys/%u`, as for core. */
function inHome(path: string): string {
  const tokens: Record<string, string> = { '%h': coreHome, '%u': 'core', '%%': '%' };
  const expanded = path.replaceAll(/%[hu%]/g, (token) => tokens[token] ?? token);
  return expanded.startsWith('/') ? expanded : `${coreHome}/${expanded}`;
}

function fileAt(facts: ConfigFacts, path: string): WrittenFile | undefined {
  return facts.files.findLast((file) => file.path === path);
}

/** sshd reads the files of a pattern in lexical order; what the OS itself has there is unknown. */
function dropins(facts: ConfigFacts, pattern: string): string[] {
  const absolute = pattern.startsWith('/') ? pattern : `/etc/ssh/${pattern}`;
  const expression = new RegExp(
    `^${absolute.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*')}$`,
  );
  const paths = new Set(
    facts.files.map((file) => file.path).filter((path) => expression.test(path)),
  );
  return [...paths].sort().map((path) => fileAt(facts, path)?.text ?? '');
}
