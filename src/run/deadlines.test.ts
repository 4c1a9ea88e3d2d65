import { expect, it } from 'vitest';

import { deadlines as ms } from './deadlines.ts';
import { defaultPace } from './pace.ts';

it.each([
  ['a banner before a login', ms.bannerMs, ms.connectMs],
  ['a login before a command', ms.connectMs, ms.commandMs],
  ['a late request before the next attempt starts', ms.sendWithinMs, ms.heartbeatMs],
  ['four heartbeats before a worker counts as dead', 4 * ms.beatMs, ms.heartbeatMs],
  ['a late request before its successor stops looking', ms.sendWithinMs, defaultPace.resetLookMs],
  ['login, upload and two commands before a short activity', longLook(), ms.quickAttemptMs],
  ['calls of a provider before a short activity', 8 * ms.providerCallMs, ms.quickAttemptMs],
  ['an attempt before all attempts', ms.quickAttemptMs, ms.quickMs],
  ['an attempt of preflight before all of them', ms.preflightAttemptMs, ms.preflightMs],
  ['a wait and its last look', defaultPace.waitAttemptMs + longLook(), ms.waitAttemptMs],
  ['two lost resets', 2 * (defaultPace.resetLookMs + ms.providerCallMs), ms.resetAttemptMs],
  ['an old system', defaultPace.oldSystemDeadlineMs + longLook(), ms.waitAttemptMs],
  ['an unreachable server before its work is given up', ms.unreachableMs, ms.workAttemptMs],
])('%s: inner is shorter than outer', (_, inner, outer) => {
  expect(inner).toBeLessThan(outer);
});

/** A connection with our scripts: banner, login, upload, two commands, all at their limits. */
function longLook(): number {
  return ms.bannerMs + ms.connectMs + 3 * ms.commandMs;
}
