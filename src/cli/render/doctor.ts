import type { DoctorLine } from '../../toolchain/doctor.ts';
import { widthOf, wrap } from './text.ts';
import { asTyped } from './view.ts';
import type { Style, View } from './view.ts';

const marks: Record<DoctorLine['state'], { mark: string; style: Style }> = {
  ok: { mark: '✔', style: 'green' },
  warning: { mark: '!', style: 'yellow' },
  missing: { mark: '✘', style: 'red' },
};

/** One line per thing, and what to do about those that are not right. */
export function doctorLines(findings: readonly DoctorLine[], view: View): string[] {
  const nameColumns = Math.max(0, ...findings.map(({ name }) => widthOf(name)));
  const indent = ' '.repeat(nameColumns + 4);
  return findings.flatMap(({ name, state, detail, fix }) => {
    const { mark, style } = marks[state];
    const [first = '', ...rest] = wrap(detail, view.columns - indent.length);
    return [
      `${view.paint(style, mark)} ${name.padEnd(nameColumns)}  ${first}`.trimEnd(),
      ...rest.map((line) => `${indent}${line}`),
      // Not wrapped: most of them are commands to be copied.
      ...(fix === undefined ? [] : [`${indent}${view.paint('bold', asTyped(fix, view))}`]),
    ];
  });
}
