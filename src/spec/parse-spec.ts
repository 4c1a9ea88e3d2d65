import { isAlias, isMap, isNode, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import type { Document, ParsedNode } from 'yaml';

import { specFileSchema } from './server-spec.ts';
import type { SpecFile } from './server-spec.ts';
import { SpecError } from './spec-error.ts';
import type { SpecProblem } from './spec-error.ts';
import { dotted, pathProblems, plainWords } from './spec-problems.ts';
import type { PathProblem } from './spec-problems.ts';

/** A spec together with the way back from a path to the line of its file. */
export type LocatedSpec = {
  spec: SpecFile;
  problemAt: (path: (string | number)[], message: string) => SpecProblem;
};

/**
 * The spec that `text` holds. `file` is its name for messages. Throws SpecError with everything
 * that is wrong, each with line, column and path.
 */
export function parseSpec(text: string, file: string): SpecFile {
  return parseLocatedSpec(text, file).spec;
}

/** As `parseSpec`, for who has more to check and must say where it is written. */
export function parseLocatedSpec(text: string, file: string): LocatedSpec {
  const lines = new LineCounter();
  const document = onlyDocument(text, file, lines);
  const input = plainValue(document, file);
  const parsed = specFileSchema.safeParse(input, { error: plainWords, reportInput: true });
  const locate = (problem: PathProblem): SpecProblem => {
    const offset = offsetOf(document, problem.path, problem.at);
    const { line, col } = lines.linePos(offset);
    const { message, suggestion } = problem;
    const located = { file, line, column: col, path: dotted(problem.path), message };
    return suggestion === undefined ? located : { ...located, suggestion };
  };
  if (!parsed.success) {
    throw new SpecError(pathProblems(parsed.error.issues, input).map(locate));
  }
  return {
    spec: parsed.data,
    problemAt: (path, message) => locate({ path, message, at: 'value' }),
  };
}

/** YAML 1.2 with the core schema: `no` and `012` mean what they look like. */
function onlyDocument(text: string, file: string, lines: LineCounter): Document.Parsed {
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    // Else it warns on stderr by itself, past the command line's own words.
    logLevel: 'error',
    version: '1.2',
    strict: true,
    uniqueKeys: true,
  });
  const [document, second] = Array.isArray(documents) ? documents : [];
  if (document === undefined || (document.contents === null && document.errors.length === 0)) {
    throw new SpecError([{ file, path: '', message: 'is empty; a spec begins with server: NAME' }]);
  }
  const problemAt = (offset: number, message: string): SpecProblem => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col, path: '', message };
  };
  const problems = [...document.errors, ...document.warnings].map((error) =>
    problemAt(error.pos[0], yamlWords[error.code] ?? `this is not YAML: ${error.message}`),
  );
  if (problems.length === 0 && second !== undefined) {
    const offset = second.range[0];
    problems.push(problemAt(offset, 'a second YAML document; one file is the spec of one server'));
  }
  if (problems.length > 0) throw new SpecError(problems);
  return document;
}

/** Only here the parser notices an alias (*) that stands for nothing, or for too much. */
function plainValue(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    const message = `this is not YAML: ${(error as Error).message}`;
    throw new SpecError([{ file, path: '', message }]);
  }
}

const yamlWords: Partial<Record<string, string>> = {
  DUPLICATE_KEY: 'this key is already there above; a key may be written once',
  TAB_AS_INDENT: 'a tab; YAML is indented with spaces',
  TAG_RESOLVE_FAILED: 'a tag (!) that means nothing here; text that begins with ! needs quotes',
};

/** Where `path` is written, or the nearest of its parents when it is not there. */
function offsetOf(
  document: Document.Parsed,
  path: readonly PropertyKey[],
  at: 'key' | 'value',
): number {
  let node: ParsedNode | null = document.contents;
  let offset = node?.range[0] ?? 0;
  for (const [depth, step] of path.entries()) {
    if (isAlias(node)) node = (node.resolve(document) as ParsedNode | undefined) ?? null;
    const last = depth === path.length - 1;
    if (isMap<ParsedNode, ParsedNode | null>(node)) {
      const pair = node.items.find((item) => keyText(item.key) === String(step));
      if (pair === undefined) return offset;
      node = pair.value;
      offset = (last && at === 'key' ? null : valueOffset(node)) ?? pair.key.range[0];
    } else if (isSeq<ParsedNode>(node)) {
      node = node.items[Number(step)] ?? null;
      offset = valueOffset(node) ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

/** A value that is not written (`disk:` and nothing more) is where its key is. */
function valueOffset(node: ParsedNode | null): number | null {
  if (!isNode(node)) return null;
  const [start, end] = node.range;
  return start === end ? null : start;
}

function keyText(key: ParsedNode): string {
  return String(key.toJSON());
}
