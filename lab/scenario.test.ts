import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { Faults, scenarioSchema } from './scenario.ts';
import type { FaultInput } from './scenario.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ironstep-faults-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function armed(...faults: FaultInput[]): Faults {
  const result = new Faults(join(folder, 'faults.json'));
  result.arm(scenarioSchema.parse({ faults }).faults);
  return result;
}

describe('faults', () => {
  it('happen after so many occasions, so many times', () => {
    const faults = armed({ kind: 'task-not-found', skip: 1, times: 2 });
    const struck = [1, 2, 3, 4].map(() => faults.strike('task-not-found', {}) !== null);
    expect(struck).toEqual([false, true, true, false]);
  });

  it('happen for ever when told so, and never after they were cleared', () => {
    const faults = armed({ kind: 'key-refused', errorCode: 'INVALID_KEY', times: null });
    for (let call = 0; call < 5; call += 1) {
      expect(faults.strike('key-refused', {})?.errorCode).toBe('INVALID_KEY');
    }
    faults.clear();
    expect(faults.strike('key-refused', {})).toBeNull();
  });

  it('count only the occasions that they are about', () => {
    const path = '/dedicated/server/*/reboot';
    const faults = armed({ kind: 'call-fails', method: 'POST', path, server: 'core1' });
    const at = { method: 'POST', path: '/dedicated/server/ns1/reboot', server: 'core1' };
    expect(faults.strike('call-fails', { ...at, method: 'GET' })).toBeNull();
    expect(faults.strike('call-fails', { ...at, server: 'core2' })).toBeNull();
    expect(faults.strike('call-fails', { ...at, path: `${at.path}/x` })).toBeNull();
    expect(faults.strike('answer-lost', at)).toBeNull();
    expect(faults.strike('call-fails', at)).toMatchObject({ status: 500, body: 'json' });
    expect(faults.strike('call-fails', at)).toBeNull();
  });

  it('a daemon that is started again goes on counting', () => {
    armed({ kind: 'task-not-found', times: 2 }).strike('task-not-found', {});
    const again = new Faults(join(folder, 'faults.json'));
    expect(again.strike('task-not-found', {})).not.toBeNull();
    expect(again.strike('task-not-found', {})).toBeNull();
  });
});
