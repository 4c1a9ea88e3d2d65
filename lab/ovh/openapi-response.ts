import { isIP } from 'node:net';

import { z } from 'zod';

/** What OVH's OpenAPI file uses of a schema object (OpenAPI 3.0). */
export type Schema = {
  $ref?: string | undefined;
  allOf?: Schema[] | undefined;
  type?: string | undefined;
  format?: string | undefined;
  enum?: unknown[] | undefined;
  nullable?: boolean | undefined;
  items?: Schema | undefined;
  properties?: Record<string, Schema> | undefined;
  additionalProperties?: Schema | undefined;
};

const schema: z.ZodType<Schema> = z.lazy(() =>
  z.looseObject({
    $ref: z.string().optional(),
    allOf: z.array(schema).optional(),
    type: z.string().optional(),
    format: z.string().optional(),
    enum: z.array(z.unknown()).optional(),
    nullable: z.boolean().optional(),
    items: schema.optional(),
    properties: z.record(z.string(), schema).optional(),
    additionalProperties: schema.optional(),
  }),
);

const operation = z.looseObject({
  responses: z.looseObject({
    '200': z.looseObject({
      content: z.looseObject({ 'application/json': z.looseObject({ schema }) }).optional(),
    }),
  }),
});

/** The parts of the file that say what is answered. */
export const openApiSchema = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.looseObject({ schemas: z.record(z.string(), schema) }),
});

export type OpenApi = z.output<typeof openApiSchema>;

/** The schema of a 200 answer, or null when the call answers nothing. */
export function answerSchema(api: OpenApi, path: string, method: string): Schema | null {
  const content = api.paths[path]?.[method.toLowerCase()]?.responses['200'].content;
  return content?.['application/json'].schema ?? null;
}

/**
 * Where a value does not fit a schema, as `path: why`; empty when it fits. Stricter than the file:
 * OVH's requires no property, here every one must be there and no other may.
 */
export function misfits(api: OpenApi, of: Schema, value: unknown, at = '$'): string[] {
  if (of.nullable === true && value === null) return [];
  if (of.$ref !== undefined) return misfits(api, resolve(api, of.$ref), value, at);
  if (of.allOf !== undefined) return of.allOf.flatMap((part) => misfits(api, part, value, at));
  if (of.enum !== undefined && !of.enum.includes(value)) {
    return [`${at}: ${JSON.stringify(value)} is not one of its ${of.enum.length} values`];
  }
  if (of.type === 'array') {
    if (!Array.isArray(value)) return [`${at}: not an array`];
    const { items = {} } = of;
    return value.flatMap((item, index) => misfits(api, items, item, `${at}[${index}]`));
  }
  if (of.type === 'object') return objectMisfits(api, of, value, at);
  return scalarFits(of, value)
    ? []
    : [`${at}: ${JSON.stringify(value)} is no ${of.format ?? of.type}`];
}

function resolve(api: OpenApi, ref: string): Schema {
  const found = api.components.schemas[ref.replace('#/components/schemas/', '')];
  if (found === undefined) throw new Error(`the OpenAPI file has no ${ref}`);
  return found;
}

function objectMisfits(api: OpenApi, of: Schema, value: unknown, at: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [`${at}: not an object`];
  }
  const entries = Object.entries(value);
  const missing = Object.keys(of.properties ?? {}).filter((name) => !Object.hasOwn(value, name));
  return [
    ...missing.map((name) => `${at}.${name}: missing`),
    ...entries.flatMap(([name, item]) => {
      const property = of.properties?.[name] ?? of.additionalProperties;
      if (property === undefined) return [`${at}.${name}: not in the file`];
      return misfits(api, property, item, `${at}.${name}`);
    }),
  ];
}

function scalarFits({ type, format }: Schema, value: unknown): boolean {
  if (type === 'boolean') return typeof value === 'boolean';
  if (type === 'integer') return Number.isSafeInteger(value);
  if (type === 'number') return typeof value === 'number';
  if (typeof value !== 'string') return false;
  const timeOfDay = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/;
  if (format === 'date-time') return timeOfDay.test(value) && !Number.isNaN(Date.parse(value));
  if (format === 'date') return /^\d{4}-\d\d-\d\d$/.test(value);
  if (format === 'ipv4') return isIP(value) === 4;
  if (format === 'uuid') return z.guid().safeParse(value).success;
  return true;
}
