import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { shrinking, waitingForApproval } from '../../../test/fixtures/example-runs.ts';
import { NoWorker } from '../../client/client-errors.ts';
import { Screen } from '../../../test/fixtures/screen.ts';
import { LiveDisplay } from './live.ts';

beforeEach(() => void vi.useFakeTimers({ now: Date.parse('2026-11-23T09:02:18Z') }));
afterEach(() => void vi.useRealTimers());

function displayed(rows: number) {
  const screen = new Screen({ columns: 80, rows });
  const display = new LiveDisplay(screen.terminal, () => ({
    columns: 80,
    nowMs: Date.now(),
    paint: (_style, text) => text,
    program: 'ironstep',
  }));
  return { screen, display };
}

test('the block is drawn over itself, and time goes on without news', () => {
  const { screen, display } = displayed(40);
  display.show(shrinking);
  const before = screen.lines();
  vi.advanceTimersByTime(5_000);
  const after = screen.lines();
  expect(after.length).toBe(before.length);
  expect(before.join('\n')).toMatch(/● repartition +38s/);
  expect(after.join('\n')).toMatch(/● repartition +43s/);
  display.close();
});

test('a lost connection is told and taken back, with nothing left over', () => {
  const { screen, display } = displayed(40);
  display.show(shrinking);
  const before = screen.lines();
  display.lost(new NoWorker('core1'));
  expect(screen.lines().join('\n')).toContain('No worker answers for core1');
  display.show(shrinking);
  expect(screen.lines()).toEqual(before);
  display.close();
});

test('a block that is taller than the screen loses its top, and is whole again at the end', () => {
  const { screen, display } = displayed(14);
  display.show(waitingForApproval);
  vi.advanceTimersByTime(3_000);
  expect(screen.lines().length).toBeLessThan(14);
  expect(screen.lines()[0]).toMatch(/^… \d+ lines above$/);
  expect(screen.lines().join('\n')).toContain('ironstep approve core2 --wipe Z1D5KS2B:7c1e90');
  display.close();
  expect(screen.lines()[0]).toMatch(/^core2 /);
});

test('a shorter block leaves nothing of the longer one', () => {
  const { screen, display } = displayed(40);
  display.show(waitingForApproval);
  display.show(shrinking);
  display.close();
  expect(screen.lines().at(-1)).toContain('68 %');
});

test('the cursor is hidden while it draws and comes back at the end', () => {
  const { screen, display } = displayed(40);
  display.show(shrinking);
  expect(screen.cursorHidden).toBe(true);
  display.close();
  expect(screen.cursorHidden).toBe(false);
});
