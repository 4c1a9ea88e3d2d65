import type { Expression, SpreadElement } from 'oxc-parser';

/** Any text: what is only known when the error is thrown. */
const anything = '[\\s\\S]*';

/** A regular expression for the texts that an expression of the source can become. */
export function patternOf(expression: Expression | SpreadElement | undefined): string {
  switch (expression?.type) {
    case 'Literal':
      return typeof expression.value === 'string' ? escaped(expression.value) : anything;
    case 'TemplateLiteral':
      return expression.quasis.map(({ value }) => escaped(value.cooked ?? '')).join(anything);
    case 'BinaryExpression':
      return expression.left.type === 'PrivateIdentifier'
        ? anything
        : `${patternOf(expression.left)}${patternOf(expression.right)}`;
    case 'ConditionalExpression':
      return `(?:${patternOf(expression.consequent)}|${patternOf(expression.alternate)})`;
    default:
      return anything;
  }
}

/** Does the pattern say anything about the text? */
export function saysSomething(pattern: string): boolean {
  return /\w/.test(pattern.replaceAll(anything, ''));
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
