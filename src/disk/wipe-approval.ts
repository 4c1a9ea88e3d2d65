import type { BlockDevice } from './block-device.ts';
import { diskIdentity } from './block-device.ts';

/** Whether what a person wrote after `--wipe` covers what is on the disk. */
export type WipeJudgement =
  | { kind: 'covered' }
  | { kind: 'approval-needed'; token: string }
  | { kind: 'refused'; reason: string; token: string };

/**
 * A serial alone approves only an empty disk; `SERIAL:FINGERPRINT` approves exactly that content,
 * and the same disk once it is empty (there is less to lose, and our own interrupted install
 * leaves it so).
 */
export function judgeWipe(device: BlockDevice, wipe: string | undefined): WipeJudgement {
  const identity = diskIdentity(device);
  const token = `${identity}:${device.fingerprint}`;
  if (wipe === undefined) return { kind: 'approval-needed', token };
  const empty = device.fingerprint === 'empty';
  if (wipe === token || (empty && wipe === identity)) return { kind: 'covered' };
  const approved = /^(.*):(empty|[0-9a-f]{12})$/.exec(wipe);
  if (approved?.[1] === identity && empty) return { kind: 'covered' };
  if (wipe === identity) return { kind: 'approval-needed', token };
  const [, otherDisk = wipe, otherContents = ''] = approved ?? [];
  const reason =
    otherDisk === identity
      ? `the contents of disk ${identity} are not what was approved: ` +
        `approved ${otherContents}, found ${device.fingerprint}`
      : `another disk was approved: approved ${wipe}, found ${token}`;
  return { kind: 'refused', reason, token };
}
