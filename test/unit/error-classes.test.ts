import { parseSync } from 'oxc-parser';
import { expect, test } from 'vitest';

import { errorClasses } from '../../scripts/docs/error-classes.ts';
import type { SourceFile } from '../../scripts/docs/source-files.ts';

function file(path: string, text: string): SourceFile {
  return { path, text, parsed: parseSync(path, text) };
}

const lost = file(
  'src/lost.ts',
  `import { Other } from './other.ts';

/** Not about the class. */
const limit = 3;

/**
 * The server is lost. It was
 * there before.
 *
 * @where rescue,
 *   boot
 * @example
 * core1 is lost: it was \\
 * there.
 *   second line
 */
export class Lost extends Error {
  override name = 'Lost';
}

export class Deeper extends Lost {
  constructor(server: string) {
    super(\`\${server} is \${limit > 2 ? 'far' : 'near'} \` + 'away');
  }
}

export class NoError extends Other {}
`,
);

const throwing = file(
  'src/throwing.ts',
  `export function find(server: string): never {
  throw new Lost(\`\${server} is lost: \${why()}\`, { cause: 1 });
}
`,
);

const [deeper, lostClass] = errorClasses([lost, throwing]);

test('finds the classes that are errors in the end, by name', () => {
  expect([deeper?.name, deeper?.parent]).toEqual(['Deeper', 'Lost']);
  expect([lostClass?.name, lostClass?.path]).toEqual(['Lost', 'src/lost.ts']);
});

test('reads the doc comment directly above, its lines joined but those of the example', () => {
  expect(lostClass?.doc.text).toBe('The server is lost. It was there before.');
  expect(lostClass?.doc.tags.get('where')).toBe('rescue, boot');
  expect(lostClass?.doc.tags.get('example')).toBe('core1 is lost: it was there.\n  second line');
  expect(deeper?.doc).toEqual({ text: '', tags: new Map() });
});

test('knows the messages from where they are made: by new, or by the constructor', () => {
  const taken = (text: string) => lostClass?.messages.some((message) => message.test(text));
  expect(taken('core1 is lost: power\nfailed')).toBe(true);
  expect(taken('core1 is found')).toBe(false);
  expect(deeper?.messages[0]?.test('core1 is near away')).toBe(true);
  expect(deeper?.messages[0]?.test('core1 is far')).toBe(false);
});

test('does not take two classes of one name for one', () => {
  const again = file('src/again.ts', 'export class Lost extends Error {}');
  expect(() => errorClasses([lost, again])).toThrow('two error classes are called Lost');
});
