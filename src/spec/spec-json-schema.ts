import { z } from 'zod';

import { specFileSchema } from './server-spec.ts';

/** As much of JSON Schema as a spec file's schema uses. */
export type JsonSchema = {
  description?: string;
  examples?: unknown[];
  default?: unknown;
  type?: string;
  enum?: unknown[];
  const?: unknown;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
};

/** The JSON Schema (draft 2020-12) of a spec file as a person writes it, for editors. */
export function specJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(specFileSchema, { io: 'input', target: 'draft-2020-12' });
  return { title: 'ironstep server spec', ...schema } as JsonSchema;
}

/** The keys that a spec may have at `path` (array indexes as numbers). */
export function keysAt(path: readonly PropertyKey[]): string[] {
  return schemasAt(path).flatMap((schema) => Object.keys(schema.properties ?? {}));
}

/** Every place of the spec that has this very key, dotted: `root` → `layout.root`. */
export function placesOfKey(key: string): string[] {
  const places: string[] = [];
  const visit = (schemas: JsonSchema[], path: string): void => {
    for (const { properties = {} } of schemas) {
      for (const [name, child] of Object.entries(properties)) {
        const place = path === '' ? name : `${path}.${name}`;
        if (name === key) places.push(place);
        visit(alternatives(child), place);
      }
    }
  };
  visit([specJsonSchema()], '');
  return places;
}

function schemasAt(path: readonly PropertyKey[]): JsonSchema[] {
  let schemas = [specJsonSchema()];
  for (const step of path) {
    const children = schemas.map((schema) =>
      typeof step === 'number' ? schema.items : schema.properties?.[String(step)],
    );
    schemas = children.flatMap((child) => (child === undefined ? [] : alternatives(child)));
  }
  return schemas;
}

function alternatives(schema: JsonSchema): JsonSchema[] {
  return schema.anyOf ?? [schema];
}
