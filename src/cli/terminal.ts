/** Where a command writes. Tests give one that remembers. */
export type Terminal = {
  /** Results. With `--json`, one document and nothing else. */
  out: (text: string) => void;
  /** Warnings, errors and progress that must not get into a result. */
  err: (text: string) => void;
  /** Is the output a terminal that can redraw lines? */
  interactive: boolean;
  colours: boolean;
  size(): { columns: number; rows: number };
};

/** Width for text that goes to a file or a pipe. */
const columnsWithoutTerminal = 100;

/** The process's own output (https://no-color.org: NO_COLOR counts when it is not empty). */
export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  const interactive = stdout.isTTY && env['TERM'] !== 'dumb';
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    interactive,
    colours: interactive && !env['NO_COLOR'],
    size: () => ({ columns: stdout.columns || columnsWithoutTerminal, rows: stdout.rows || 24 }),
  };
}
