import { setTimeout as sleep } from 'node:timers/promises';

import type { Logger, LogLevel } from '@temporalio/worker';

import { TemporalNotWorking } from '../run/temporal-errors.ts';

/** How the SDK's core tells of a loss: at each try after the fifth, and when a heartbeat fails. */
const lossLine = new RegExp(
  [
    String.raw`^gRPC call \w+ retried \d+ times$`,
    '^Error when recording heartbeat: Status { code: Unavailable,',
    '^Network error while ',
  ].join('|'),
);
const checkEveryMs = 1_000;

/** A log that says in two lines what the SDK says in many. */
export type LossLog = {
  logger: Logger;
  /** From here on `check` is asked, once a second while Temporal is lost, whether it works again. */
  watch: (check: () => Promise<unknown>) => void;
};

/**
 * While Temporal is away, every poller of the SDK writes a line at each try, with the insides of
 * its connection (20 lines in 8 s, measured). They are kept at level debug; instead one line says
 * that Temporal is lost and why, and one that it is back.
 */
export function tellLossOnce(
  logger: Logger,
  address: string,
  pause: () => Promise<unknown> = () => sleep(checkEveryMs, undefined, { ref: false }),
): LossLog {
  let lost = false;
  let check: (() => Promise<unknown>) | null = null;
  const tell = async (message: string, meta: object | undefined): Promise<void> => {
    if (lost || check === null) return;
    lost = true;
    const sinceMs = performance.now();
    const error = meta !== undefined && 'error' in meta ? meta.error : undefined;
    const reason = wordsOfStatus(typeof error === 'string' ? error : message) ?? 'no answer';
    logger.warn(
      `Temporal at ${address} does not do what it is asked: ${reason}. The worker waits for it. ` +
        'Runs keep their place, and jobs on servers go on.',
    );
    while (!(await succeeds(check))) await pause();
    const seconds = Math.round((performance.now() - sinceMs) / 1000);
    logger.info(`Temporal at ${address} works again, ${seconds}s after its loss was noticed.`);
    lost = false;
  };
  const write = (level: LogLevel, message: string, meta?: object): void => {
    if (level !== 'WARN' || !lossLine.test(message)) return logger.log(level, message, meta);
    logger.debug(message, meta);
    void tell(message, meta);
  };
  return {
    watch: (ask) => void (check = ask),
    logger: {
      log: write,
      trace: (message, meta) => write('TRACE', message, meta),
      debug: (message, meta) => write('DEBUG', message, meta),
      info: (message, meta) => write('INFO', message, meta),
      warn: (message, meta) => write('WARN', message, meta),
      error: (message, meta) => write('ERROR', message, meta),
    },
  };
}

/**
 * What keeps a worker from starting, in our words: it fails at once when the SDK cannot read the
 * namespace, which it needs the database of Temporal for.
 */
export function explainedStart(error: unknown, address: string): unknown {
  const cannot = error instanceof Error && /could not be described: Status {/.test(error.message);
  const words = cannot ? wordsOfStatus(error.message) : null;
  return words === null ? error : new TemporalNotWorking(address, words, { cause: error });
}

/** The words of `Status { code: Unavailable, message: "tcp connect error", … }`, as core has it. */
function wordsOfStatus(text: string): string | null {
  return /Status { code: Unavailable, message: "((?:[^"\\]|\\.)+)"/.exec(text)?.[1] ?? null;
}

function succeeds(check: () => Promise<unknown>): Promise<boolean> {
  return check().then(
    () => true,
    () => false,
  );
}
