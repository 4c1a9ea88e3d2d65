import { Visitor } from 'oxc-parser';
import type { Class, MethodDefinition } from 'oxc-parser';

import { docBefore } from './doc-comment.ts';
import type { DocComment } from './doc-comment.ts';
import { patternOf, saysSomething } from './message-pattern.ts';
import type { SourceFile } from './source-files.ts';

/** An error class of `src` as its source and its doc comment tell it. */
export type ErrorClass = {
  name: string;
  /** From the root of the repository. */
  path: string;
  parent: string;
  /** Never thrown itself: what its subclasses have in common. */
  abstract: boolean;
  doc: DocComment;
  /** What its messages look like in the source; empty when they are all made elsewhere. */
  messages: RegExp[];
};

/** Every class of `src` that is an Error, by name. Two of one name are an error here. */
export function errorClasses(files: Iterable<SourceFile>): ErrorClass[] {
  const all = [...files];
  const classes = all.flatMap(classesIn);
  const parents = new Map(classes.map(({ name, parent }) => [name, parent]));
  const errors = classes.filter(({ name }) => isError(name, parents));
  const names = errors.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`two error classes are called ${twice}`);
  const thrown = messagesOfNew(all, new Set(names));
  return errors
    .map(({ own, ...error }): ErrorClass => {
      const patterns = own ?? thrown.get(error.name) ?? [];
      const messages = patterns.filter(saysSomething).map((pattern) => new RegExp(`^${pattern}$`));
      return { ...error, messages };
    })
    .toSorted((one, other) => one.name.localeCompare(other.name, 'en'));
}

type ClassWithParent = Omit<ErrorClass, 'messages'> & { own: string[] | null };

function classesIn({ path, text, parsed }: SourceFile): ClassWithParent[] {
  return parsed.program.body.flatMap((statement) => {
    const declared =
      statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (declared?.type !== 'ClassDeclaration' || declared.superClass?.type !== 'Identifier') {
      return [];
    }
    return {
      name: declared.id?.name ?? '',
      path,
      parent: declared.superClass.name,
      abstract: declared.abstract ?? false,
      doc: docBefore(text, parsed.comments, statement.start),
      own: ownMessages(declared),
    };
  });
}

function isError(name: string, parents: Map<string, string>): boolean {
  const parent = parents.get(name);
  return parent === 'Error' || (parent !== undefined && isError(parent, parents));
}

/** What a constructor gives to `super`; null without one: then the messages are those of `new`. */
function ownMessages({ body }: Class): string[] | null {
  const constructor = body.body.find(
    (member): member is MethodDefinition =>
      member.type === 'MethodDefinition' && member.kind === 'constructor',
  );
  if (constructor === undefined) return null;
  return (constructor.value.body?.body ?? []).flatMap((statement) => {
    const call = statement.type === 'ExpressionStatement' ? statement.expression : undefined;
    return call?.type === 'CallExpression' && call.callee.type === 'Super'
      ? [patternOf(call.arguments[0])]
      : [];
  });
}

/** The messages with which each class is made anywhere in the source. */
function messagesOfNew(files: SourceFile[], names: Set<string>): Map<string, string[]> {
  const patterns = new Map<string, string[]>();
  for (const { parsed } of files) {
    new Visitor({
      NewExpression({ callee, arguments: [message] }) {
        if (callee.type !== 'Identifier' || !names.has(callee.name)) return;
        patterns.set(callee.name, [...(patterns.get(callee.name) ?? []), patternOf(message)]);
      },
    }).visit(parsed.program);
  }
  return patterns;
}
