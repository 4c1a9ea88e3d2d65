import type { LogLevel, Logger } from '@temporalio/worker';
import { pino } from 'pino';

/** Temporal's own words for levels, in pino's. */
const levels = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
} as const;

/**
 * JSON lines on stdout. Arguments and results of activities are never logged, and the task token,
 * which would let its finder answer for an activity, is dropped.
 */
export function workerLogger(): Logger {
  const log = pino({ base: undefined, redact: { paths: ['taskToken'], remove: true } });
  const write = (level: LogLevel, message: string, meta?: object): void => {
    log[levels[level]](meta ?? {}, message);
  };
  return {
    log: write,
    trace: (message, meta) => write('TRACE', message, meta),
    debug: (message, meta) => write('DEBUG', message, meta),
    info: (message, meta) => write('INFO', message, meta),
    warn: (message, meta) => write('WARN', message, meta),
    error: (message, meta) => write('ERROR', message, meta),
  };
}
