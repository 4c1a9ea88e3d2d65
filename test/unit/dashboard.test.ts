import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';
import { z } from 'zod';

import { dashboardFile, dashboardText } from '../../scripts/grafana/dashboard.ts';
import { askedBy } from '../promql.ts';

/** The Prometheus that is chosen on top: a file with a fixed one works in no other Grafana. */
const chosenSource = z.strictObject({
  type: z.literal('prometheus'),
  uid: z.literal('${datasource}'),
});

const gridPos = z.strictObject({
  x: z.int().min(0),
  y: z.int().min(0),
  w: z.int().min(1).max(24),
  h: z.int().min(1),
});

const target = z.looseObject({
  refId: z.string().regex(/^[A-Z]$/),
  datasource: chosenSource,
  expr: z.string().min(1),
  legendFormat: z.string().min(1),
});

const row = z.looseObject({
  type: z.literal('row'),
  id: z.int().min(1),
  title: z.string(),
  gridPos,
});

const panel = z.looseObject({
  type: z.enum(['stat', 'timeseries', 'bargauge']),
  id: z.int().min(1),
  title: z.string().min(1),
  datasource: chosenSource,
  gridPos,
  targets: z.array(target).min(1),
});

/** Grafana's classic dashboard model, as its documentation of the JSON model describes it. */
const classic = z.looseObject({
  uid: z.string().min(1).max(40),
  title: z.string().min(1),
  tags: z.array(z.string()),
  timezone: z.enum(['browser', 'utc']),
  editable: z.literal(true),
  schemaVersion: z.int().min(36),
  time: z.strictObject({ from: z.string(), to: z.string() }),
  annotations: z.strictObject({ list: z.array(z.unknown()) }),
  templating: z.strictObject({
    list: z.tuple([
      z.looseObject({ type: z.literal('datasource'), name: z.literal('datasource') }),
      z.looseObject({ type: z.literal('query'), datasource: chosenSource }),
    ]),
  }),
  panels: z.array(z.union([row, panel])),
});

const text = readFileSync(dashboardFile, 'utf8');

test('the dashboard is what the source says today (else: npm run docs)', () => {
  expect(text).toBe(dashboardText());
});

test('it has the form that Grafana imports, with the Prometheus left to choose', () => {
  const read = classic.safeParse(JSON.parse(text));
  expect(read.success ? '' : z.prettifyError(read.error)).toBe('');
});

test('its panels have numbers of their own and do not lie on each other', () => {
  const { panels } = classic.parse(JSON.parse(text));
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(cells.filter((cell) => Number(cell.split(',')[0]) >= 24)).toEqual([]);
});

test('its queries are PromQL', () => {
  const { panels } = classic.parse(JSON.parse(text));
  const queries = panels.flatMap((each) => panel.safeParse(each).data?.targets ?? []);
  expect(queries.length).toBeGreaterThan(10);
  expect(queries.flatMap(({ expr }) => askedBy(expr).mistakes)).toEqual([]);
  // The reader can tell: else the line above would say nothing.
  expect(askedBy('sum by (phase (up)').mistakes).not.toEqual([]);
});
