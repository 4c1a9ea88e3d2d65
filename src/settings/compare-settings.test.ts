import { expect, test } from 'vitest';

import type { SettingInWords } from '../providers/provider.ts';
import { compareSettings } from './compare-settings.ts';

function setting(name: string, value: string, asInRun = false): SettingInWords {
  return { name, label: name, value, meanwhile: null, asInRun };
}

test('what a run set is told from what somebody else changed since, and from what is not known', () => {
  const now = [
    setting('boot', 'rescue', true),
    setting('mail', 'new@example.org'),
    setting('key', 'none'),
    setting('monitoring', 'off', true),
  ];
  const before = [
    setting('boot', 'disk'),
    setting('mail', 'old@example.org'),
    setting('key', 'none'),
  ];
  const compared = compareSettings(now, before).map((each) => [each.before, each.changedBy]);
  expect(compared).toEqual([
    ['disk', 'run'],
    ['old@example.org', 'somebody'],
    ['none', null],
    [null, null],
  ]);
});
