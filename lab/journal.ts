import { appendFileSync } from 'node:fs';

import { z } from 'zod';

import { readIfThere } from './state-file.ts';

const entrySchema = z.strictObject({
  at: z.string(),
  method: z.string(),
  /** Below the API's base, without the query. */
  path: z.string(),
  query: z.string(),
  /** The server's name in the lab; null when the call is about none. */
  server: z.string().nullable(),
  /** What a PUT or POST sent, when it was JSON. */
  body: z.unknown(),
  /** What was answered; null when the connection was broken instead. */
  status: z.number().int().nullable(),
  errorCode: z.string().nullable(),
  queryId: z.string(),
});

/** One call of the API as it was answered. No key or signature is kept. */
export type JournalEntry = z.output<typeof entrySchema>;

/** Every call of the API, in a file of one JSON a line. */
export class Journal {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  add(entry: JournalEntry): void {
    appendFileSync(this.#file, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
  }

  /** All calls, oldest first. A line that a SIGKILL cut short is left out. */
  read(): JournalEntry[] {
    const lines = (readIfThere(this.#file) ?? '').split('\n');
    return lines.flatMap((line) => {
      try {
        return [entrySchema.parse(JSON.parse(line))];
      } catch {
        return [];
      }
    });
  }
}

/** What a control client reads. */
export const journalSchema = z.array(entrySchema);
