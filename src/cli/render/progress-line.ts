import { formatElapsed } from '../../run/timeline-markdown.ts';
import type { Progress } from '../../run/status.ts';
import { formatSize } from '../../spec/units.ts';
import type { Rate } from './rate.ts';

const cells = 16;

/** `███████████░░░░░  68 %  41.2 MiB/s  about 20s left`, or null when nothing is counted. */
export function progressBar(progress: Progress, rate: Rate | null): string | null {
  const { done, total, unit } = progress;
  if (done === undefined || !total) return null;
  const share = Math.min(1, Math.max(0, done / total));
  const full = Math.floor(share * cells);
  const parts = [`${'█'.repeat(full)}${'░'.repeat(cells - full)}`, `${percent(share)} %`];
  if (rate !== null) {
    if (unit === 'bytes') parts.push(`${formatSize(Math.round(rate.perSecond))}/s`);
    if (share < 1) parts.push(`about ${formatElapsed(roundedMs(rate.leftMs))} left`);
  }
  return parts.join('  ');
}

/** Whole percents, rounded down: 100 % is said only when it is done. */
export function percent(share: number): number {
  return Math.floor(share * 100 + 1e-9);
}

/** An estimate is no better than its rounding: to 5 s, beyond 2 minutes to 30 s. */
function roundedMs(leftMs: number): number {
  const step = leftMs > 120_000 ? 30_000 : 5_000;
  return Math.max(step, Math.round(leftMs / step) * step);
}
