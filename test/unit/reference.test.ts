import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import { referenceFiles, referenceFolder } from '../../scripts/docs/reference.ts';
import { specJsonSchema } from '../../src/spec/spec-json-schema.ts';
import type { JsonSchema } from '../../src/spec/spec-json-schema.ts';

const files = referenceFiles();

describe('docs/reference is what the source says today (else: npm run docs)', () => {
  test.each([...files])('%s', (name, text) => {
    const path = fileURLToPath(new URL(name, referenceFolder));
    expect(existsSync(path) ? readFileSync(path, 'utf8') : null).toBe(text);
  });

  test('and holds nothing else', () => {
    const entries = readdirSync(referenceFolder, { recursive: true, withFileTypes: true });
    const there = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    const wanted = [...files.keys()].map((name) => name.split('/').at(-1));
    expect(new Set(there)).toEqual(new Set(wanted));
  });
});

test('every key of a spec is described', () => {
  const silent: string[] = [];
  const visit = (path: string, schema: JsonSchema): void => {
    for (const [name, child] of Object.entries(schema.properties ?? {})) {
      if (!/\w/.test(child.description ?? '')) silent.push(`${path}${name}`);
      visit(`${path}${name}.`, child);
      for (const each of child.anyOf ?? []) visit(`${path}${name}.`, each);
      if (child.items !== undefined) visit(`${path}${name}[].`, child.items);
    }
  };
  visit('', specJsonSchema());
  expect(silent).toEqual([]);
});
