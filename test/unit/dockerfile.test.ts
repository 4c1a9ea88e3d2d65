import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { validate } from 'dockerfile-utils';
import { describe, expect, test } from 'vitest';

import { leafCommands, nameOf } from '../../src/cli/command-tree.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { cliContext } from '../fixtures/cli-context.ts';
import { dockerfileText, instructionsOf, stages, words } from '../fixtures/dockerfile.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (name: string) => readFileSync(join(root, name), 'utf8');
const packageJson = JSON.parse(read('package.json')) as {
  bin: { ironstep: string };
  files: string[];
  scripts: Record<string, string>;
};
const names = stages().map(({ name }) => name);
const images = ['ironstep', 'lab'];
const runs = (name: string) =>
  instructionsOf(name, 'RUN').map((run) => run.getRawArgumentsContent());
const commands = leafCommands(buildProgram(cliContext().context)).map(nameOf);

describe('the Dockerfile', () => {
  test('has no problem that the parser of the Docker extension knows', () => {
    expect(
      validate(dockerfileText).map(({ message, range }) => [range.start.line + 1, message]),
    ).toEqual([]);
  });

  test('starts from one image, pinned to a full version', () => {
    const [, image] = /^ARG NODE_IMAGE=(\S+)$/m.exec(dockerfileText) ?? [];
    expect(image).toMatch(/^node:\d+\.\d+\.\d+-bookworm-slim(@sha256:[0-9a-f]{64})?$/);
    for (const { from } of stages()) expect(['${NODE_IMAGE}', ...names]).toContain(from);
  });

  test.each(images)('%s is not run by root', (name) => {
    expect(words(instructionsOf(name, 'USER').at(-1))).toEqual(['node']);
  });

  test('copies only what is there, and what .dockerignore lets through', () => {
    const letThrough = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'));
    for (const copy of stages().flatMap(({ instructions }) => instructions)) {
      if (copy.getKeyword() !== 'COPY') continue;
      const [, stage] = /^COPY --from=(\S+)/.exec(copy.toString()) ?? [];
      if (stage !== undefined) {
        expect(names).toContain(stage);
        continue;
      }
      for (const source of words(copy).slice(0, -1)) {
        expect([source, existsSync(join(root, source))]).toEqual([source, true]);
        if (source !== '.') expect(letThrough).toContain(`!${source}`);
      }
    }
  });

  test('names npm scripts and files of ours that exist', () => {
    const text = ['package', 'ironstep', 'lab'].flatMap(runs).join('\n');
    for (const [, script = ''] of text.matchAll(/npm run ([\w:]+)/g)) {
      expect(packageJson.scripts).toHaveProperty(script);
    }
    for (const [path] of text.matchAll(/\b(scripts|lab|deploy)\/[\w./-]+/g)) {
      expect([path, existsSync(join(root, path))]).toEqual([path, true]);
    }
    expect(text).toContain(`/opt/ironstep/${packageJson.bin.ironstep} /usr/local/bin/ironstep`);
  });
});

describe('what the images start', () => {
  test('ironstep is a worker unless told otherwise', () => {
    expect(words(instructionsOf('ironstep', 'ENTRYPOINT').at(-1))).toEqual(['ironstep']);
    const [command = '', ...others] = words(instructionsOf('ironstep', 'CMD').at(-1));
    expect([commands.includes(command), others]).toEqual([true, []]);
  });

  test('its health is that of the worker', () => {
    const health = instructionsOf('ironstep', 'HEALTHCHECK').at(-1)?.toString() ?? '';
    expect(health).toMatch(/--interval=\d+s --timeout=\d+s --start-period=\d+s --retries=\d+\s/);
    expect(health).toMatch(/CMD \["ironstep", "worker", "--check"\]$/);
  });

  test('lab runs the demo of the checkout', () => {
    const [node, program = ''] = words(instructionsOf('lab', 'ENTRYPOINT').at(-1));
    expect([node, existsSync(program.replace('/opt/checkout', root))]).toEqual(['node', true]);
    expect(words(instructionsOf('lab', 'CMD').at(-1))).toEqual(['demo']);
    expect(commands).toContain('demo');
  });
});

describe('.dockerignore', () => {
  const lines = read('.dockerignore')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'));

  test('keeps everything out but what is named, secrets before all', () => {
    expect(lines[0]).toBe('*');
    const named = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    for (const path of named) {
      expect(path).not.toMatch(/^(\.git|deploy|node_modules|dist|docs|test)\/?$|secret|\*\*/);
      expect([path, existsSync(join(root, path.replace(/\/?\*.*$/, '')))]).toEqual([path, true]);
    }
  });

  test('lets through all that the package has, but what is built', () => {
    const sources = packageJson.files.filter((path) => path !== 'dist' && !path.startsWith('src/'));
    for (const path of sources) expect(lines).toContain(`!${path}`);
    expect(lines).toContain('!src');
  });
});
