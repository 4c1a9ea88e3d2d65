import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test, vi } from 'vitest';

import { leafCommands, nameOf } from '../../src/cli/command-tree.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { version } from '../../src/version.ts';
import { configFolder, stateFolder } from '../../src/xdg.ts';
import { cliContext } from '../fixtures/cli-context.ts';
import { imageName, readCompose } from '../fixtures/compose.ts';
import type { ComposeService } from '../fixtures/compose.ts';
import { environmentOf, stages } from '../fixtures/dockerfile.ts';
import { imageSettings } from '../fixtures/image-settings.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (name: string) => readFileSync(join(root, name), 'utf8');
const compose = readCompose();
const services = Object.entries(compose.services);
const named = (name: string): ComposeService => {
  const service = compose.services[name];
  if (service === undefined) throw new Error(`there is no service ${name}`);
  return service;
};
const lasting = services.filter(([, { restart }]) => restart !== undefined);
const oneShots = services.filter(([, { restart }]) => restart === undefined);

/** What an image documents, and what our own files read in it. */
function knownVariables(service: ComposeService): string[] {
  const { variables = [] } = imageSettings[imageName(service)] ?? {};
  const files = service.volumes.filter((volume) => volume.startsWith('./'));
  const ours = files.flatMap((volume) => {
    const text = read(volume.split(':')[0] ?? '');
    const found = text.matchAll(/\(?env "([A-Z_]+)"\)?|: "\$\{([A-Z_]+):=|"\$\{([A-Z_]+):=/g);
    return [...found].map(([, env, first, next]) => env ?? first ?? next ?? '');
  });
  return [...variables, ...ours];
}

describe.each(services)('%s', (_name, service) => {
  test('is pinned to a version', () => {
    expect(service.image).toMatch(/^[a-z/-]+:\d+\.\d+(\.\d+)?(-bookworm)?$/);
    expect(imageSettings).toHaveProperty([imageName(service)]);
  });

  test('is told nothing that it does not read', () => {
    const known = knownVariables(service);
    expect(Object.keys(service.environment).filter((name) => !known.includes(name))).toEqual([]);
  });

  test('gets no secret in its environment, only the names of files', () => {
    for (const [name, value] of Object.entries(service.environment)) {
      if (/PASSWORD|PWD|SECRET|TOKEN(?!S)|_KEY/.test(name) && !name.includes('CODEC')) {
        expect([name, value]).toEqual([expect.stringMatching(/_FILE$/), expect.any(String)]);
        const mounted = service.secrets.map(({ target }) => target);
        expect(mounted).toContain(value);
      }
    }
  });

  test('is confined: not root, nothing to write but what it needs, no capability', () => {
    expect(service.user ?? imageSettings[imageName(service)]?.user).not.toBe('root');
    expect(service.read_only).toBe(true);
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
  });

  test('is reached from this machine only', () => {
    const { port } = imageSettings[imageName(service)] ?? {};
    for (const published of service.ports) {
      const [address, , inside] = published.split(':');
      expect(address).toBe('127.0.0.1');
      if (port !== undefined) expect(inside).toBe(`${port}`);
    }
  });

  test('has everything that it names', () => {
    for (const volume of service.volumes) {
      const [source = '', , mode] = volume.split(':');
      if (source.startsWith('./'))
        expect([existsSync(join(root, source)), mode]).toEqual([true, 'ro']);
      else expect(compose.volumes).toHaveProperty([source]);
    }
    for (const { source } of service.secrets) expect(compose.secrets).toHaveProperty([source]);
    for (const network of service.networks) expect(compose.networks).toHaveProperty([network]);
    const stageNames = stages().map(({ name }) => name);
    if (service.build) expect(stageNames).toContain(service.build.target);
  });

  test('waits until what it needs is there', () => {
    for (const [needed, { condition }] of Object.entries(service.depends_on)) {
      const isLasting = lasting.some(([name]) => name === needed);
      expect(condition).toBe(isLasting ? 'service_healthy' : 'service_completed_successfully');
      expect(compose.services).toHaveProperty([needed]);
    }
  });
});

test.each(lasting)('%s starts again by itself, and says whether it is well', (_name, service) => {
  expect(service.restart).toBe('unless-stopped');
  const [how, program = ''] = service.healthcheck?.test ?? [];
  expect(how).toBe('CMD');
  expect(imageSettings[imageName(service)]?.programs).toContain(program);
});

test.each(oneShots)('%s is done once, and somebody waits for it', (name, service) => {
  expect(service.healthcheck).toBeUndefined();
  const waiting = services.filter(([, { depends_on: needs }]) => name in needs);
  expect(waiting).not.toEqual([]);
});

describe('secrets', () => {
  test('are files that deploy/make-secrets.sh makes, out of the repository', () => {
    const made = [...read('deploy/make-secrets.sh').matchAll(/^ {2}make ([\w.]+) \d+ /gm)];
    const files = Object.values(compose.secrets).map(({ file }) => file);
    expect(files.sort()).toEqual(made.map(([, name]) => `./deploy/secrets/${name}`).sort());
    expect(read('.gitignore').split('\n')).toContain('deploy/secrets');
  });

  test('are where ironstep looks for them in its image', () => {
    for (const [name, value] of Object.entries(environmentOf('ironstep'))) vi.stubEnv(name, value);
    const targets = Object.fromEntries(
      named('worker').secrets.map(({ source, target }) => [source, target]),
    );
    expect(targets).toEqual({
      payload_key: configFolder('payload.key'),
      credentials: configFolder('credentials.yaml'),
      master_key: stateFolder('master.key'),
    });
    expect(named('worker').volumes).toContain(`state:${stateFolder()}`);
    expect(named('codec').secrets).toContainEqual({
      source: 'payload_key',
      target: configFolder('payload.key'),
    });
    vi.unstubAllEnvs();
  });

  test('no other service has the keys of the worker', () => {
    const having = (secret: string) =>
      services.filter(([, { secrets }]) => secrets.some(({ source }) => source === secret));
    expect(having('master_key').map(([name]) => name)).toEqual(['worker']);
    expect(having('credentials').map(([name]) => name)).toEqual(['worker']);
  });
});

describe('Temporal', () => {
  test('server and tools are of one version, and ironstep is this one', () => {
    const versionOf = (name: string) => named(name).image.split(':')[1];
    expect(versionOf('temporal-schema')).toBe(versionOf('temporal'));
    expect(versionOf('temporal-namespace')).toBe(versionOf('temporal'));
    expect(versionOf('worker')).toBe(version);
    expect(versionOf('codec')).toBe(version);
  });

  test('keeps runs for 90 days, in the namespace that everybody uses', () => {
    const { environment } = named('temporal-namespace');
    expect(environment).toMatchObject({ RETENTION: '90d', TEMPORAL_NAMESPACE: 'ironstep' });
    expect(named('worker').environment['TEMPORAL_NAMESPACE']).toBe('ironstep');
    expect(named('temporal-ui').environment['TEMPORAL_DEFAULT_NAMESPACE']).toBe('ironstep');
  });

  test('has its database to itself, on a network without a way out', () => {
    expect(named('postgres').ports).toEqual([]);
    expect(named('postgres').networks).toEqual(['database']);
    expect(compose.networks['database']).toEqual({ internal: true });
  });
});

describe('the codec server', () => {
  const [command, ...args] = named('codec').command ?? [];
  const option = (name: string) =>
    args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);

  test('asks who is there', () => {
    const tokens = named('codec').secrets.find(({ source }) => source === 'codec_tokens');
    expect(option('tokens')).toBe(tokens?.target);
  });

  test('and the Temporal UI find each other in the browser', () => {
    const { environment, ports } = named('temporal-ui');
    expect(environment).toMatchObject({
      TEMPORAL_CODEC_ENDPOINT: option('public-url'),
      TEMPORAL_CODEC_INCLUDE_CREDENTIALS: 'true',
      TEMPORAL_CODEC_DEFAULT_ERROR_LINK: `${option('public-url')}/`,
      TEMPORAL_CORS_ORIGINS: option('ui'),
    });
    const outside = (published: string[]) => `http://${published[0]?.replace(/:\d+$/, '')}`;
    expect(option('ui')).toBe(outside(ports));
    expect(option('public-url')).toBe(outside(named('codec').ports));
  });

  test.each(['codec', 'worker'])('%s is started by a command line that ironstep takes', (name) => {
    const [word, ...rest] = named(name).command ?? [];
    const commands = leafCommands(buildProgram(cliContext().context));
    const found = commands.find((each) => nameOf(each) === word);
    expect(found?.parseOptions(rest)).toEqual({ operands: [], unknown: [] });
    expect(command).toBe('codec');
  });
});

test('npm run test:production builds the Temporal that the file names', () => {
  const built = /go\.temporal\.io\/server v(\S+)/.exec(
    read('test/production/temporal-server/go.mod'),
  );
  expect(named('temporal').image).toBe(`temporalio/server:${built?.[1]}`);
});
