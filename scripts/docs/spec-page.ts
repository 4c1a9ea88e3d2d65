import { specJsonSchema } from '../../src/spec/spec-json-schema.ts';
import type { JsonSchema } from '../../src/spec/spec-json-schema.ts';
import { block, code, page, table } from './markdown.ts';

/** The page of the spec file: every key with its meaning, how it is written, and its default. */
export function specPage(example: string): string {
  const { properties = {}, required = [] } = specJsonSchema();
  const sections = Object.entries(properties).flatMap(([name, schema]) => {
    const need = required.includes(name) ? '' : ' May be left out.';
    return [
      `## ${name}`,
      `${schema.description}.${need}`,
      table(['key', 'meaning', 'written as', 'default'], rowsOf(name, schema)),
    ];
  });
  return page([
    '# The spec',
    'One YAML file per server. Unknown keys are errors, and `ironstep validate` says what is wrong ' +
      'and where, without asking anybody. Sizes carry their unit: `100GiB` (powers of 1024) or ' +
      '`500GB` (powers of 1000).',
    block(example.trimEnd(), 'yaml'),
    '`ironstep schema` prints the [JSON Schema](server-spec.schema.json) that editors complete and ' +
      'check with.',
    ...sections,
  ]);
}

/** A row for each value that can be written below `path`. */
function rowsOf(path: string, schema: JsonSchema, required = true): string[][] {
  const { properties, items, anyOf } = schema;
  if (properties !== undefined) return objectRows(path, schema);
  if (anyOf?.some((each) => each.properties !== undefined)) {
    return anyOf.flatMap((each) => rowsOf(path, each));
  }
  const own = [
    code(path),
    `${schema.description}${required ? '' : ' (optional)'}`,
    written(schema),
  ];
  const row = [...own, schema.default === undefined ? '' : code(asYaml(schema.default))];
  return items?.properties === undefined ? [row] : [row, ...objectRows(`${path}[]`, items)];
}

function objectRows(path: string, { properties = {}, required = [] }: JsonSchema): string[][] {
  return Object.entries(properties).flatMap(([name, child]) =>
    rowsOf(`${path}.${name}`, child, required.includes(name) || child.default !== undefined),
  );
}

function written(schema: JsonSchema): string {
  const { enum: values, const: only, anyOf, examples = [] } = schema;
  if (anyOf !== undefined) return anyOf.map(written).join(', or ');
  if (values !== undefined) return values.map((value) => code(asYaml(value))).join(' or ');
  if (only !== undefined) return code(asYaml(only));
  const example = examples.map((value) => code(asYaml(value))).join(' or ');
  if (example !== '') return `like ${example}`;
  if (schema.type === 'array') return 'a list';
  if (schema.type !== 'integer') return 'text';
  return `a number from ${schema.minimum} to ${schema.maximum}`;
}

/** Good enough for the few values that stand in the schema. */
function asYaml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(asYaml).join(', ')}]`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
