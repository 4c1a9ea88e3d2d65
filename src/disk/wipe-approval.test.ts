import { describe, expect, it } from 'vitest';

import { emptyDisk, usedDisk } from './sample-disk.ts';
import { judgeWipe } from './wipe-approval.ts';

describe('judgeWipe', () => {
  it('a serial alone approves an empty disk only', () => {
    expect(judgeWipe(emptyDisk, 'WD-1')).toEqual({ kind: 'covered' });
    expect(judgeWipe(usedDisk, 'WD-1')).toEqual({
      kind: 'approval-needed',
      token: 'WD-1:7c1e90aabbcc',
    });
  });

  it('the fingerprint approves exactly that content, or the same disk once it is empty', () => {
    expect(judgeWipe(usedDisk, 'WD-1:7c1e90aabbcc')).toEqual({ kind: 'covered' });
    expect(judgeWipe(emptyDisk, 'WD-1:7c1e90aabbcc')).toEqual({ kind: 'covered' });
    expect(judgeWipe(emptyDisk, 'WD-1:empty')).toEqual({ kind: 'covered' });
    expect(judgeWipe(usedDisk, 'WD-1:000000000000').kind).toBe('refused');
    expect(judgeWipe(usedDisk, 'WD-1:empty').kind).toBe('refused');
  });

  it('another disk is refused, and no word is no approval', () => {
    expect(judgeWipe(emptyDisk, 'WD-2').kind).toBe('refused');
    expect(judgeWipe(usedDisk, 'WD-2:7c1e90aabbcc').kind).toBe('refused');
    expect(judgeWipe(emptyDisk, undefined)).toEqual({
      kind: 'approval-needed',
      token: 'WD-1:empty',
    });
  });
});
