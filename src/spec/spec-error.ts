/** One thing that is wrong with a spec, or with a file that it names. */
export type SpecProblem = {
  /** The file as the person named it. */
  file: string;
  /** Both from 1; absent when the problem is about the file as a whole. */
  line?: number;
  column?: number;
  /** Where in the spec: `layout.partitions[0].size`; empty for the whole document. */
  path: string;
  message: string;
  /** What was probably meant: a key or a value. */
  suggestion?: string;
};

/**
 * The spec cannot be used as it is. Its author must correct the file; nothing was changed.
 *
 * @where command line
 * @changed Nothing was asked of anybody.
 * @remedy Correct the file at the line that is named. An editor that knows the JSON Schema shows
 *   most of it while you write.
 * @example
 * core1.yaml:13:3  layout.partions: unknown key. Did you mean layout.partitions?
 */
export class SpecError extends Error {
  override name = 'SpecError';
  readonly problems: SpecProblem[];

  /** `problems` is not empty; the message has one line for each, from the top of the file. */
  constructor(problems: SpecProblem[]) {
    const sorted = problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
    super(sorted.map(problemLine).join('\n'));
    this.problems = sorted;
  }
}

/** `core1.yaml:13:3  layout.partions: unknown key. Did you mean layout.partitions?` */
function problemLine(problem: SpecProblem): string {
  const { file, line, column, path, message, suggestion } = problem;
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  const subject = path === '' ? '' : `${path}: `;
  const question = suggestion === undefined ? '' : ` Did you mean ${suggestion}?`;
  return `${place}  ${subject}${sentence(message)}${question}`;
}

function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}
