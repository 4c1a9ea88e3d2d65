import type { SpecRefusal } from '../spec-place.ts';
import { paragraph, wrap } from './text.ts';
import type { View } from './view.ts';

/**
 * What a plan was refused for: `core3.yaml:12:9  layout.root: …`, the rest of it below, and that
 * nothing was changed.
 */
export function planRefusalLines(refusal: SpecRefusal, view: View): string[] {
  const { file, line, column, path, message } = refusal;
  const place = line === undefined ? '' : `${file}:${line}:${column ?? 1}  ${path}: `;
  const [head = '', ...rest] = message.split('\n');
  const said = /Nothing was (changed|written)/.test(message);
  return [
    ...wrap(`${place}${head}`, view.columns),
    ...rest.flatMap((text) => paragraph(text, view.columns, '  ')),
    ...(said ? [] : ['Nothing was changed.']),
  ];
}
