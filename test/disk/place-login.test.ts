import { lstatSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { parseInspection } from '../../src/disk/inspection.ts';
import { renderLease } from '../../src/disk/lease.ts';
import { parseReport } from '../../src/disk/sections.ts';
import { ensureLoginScript, loginUnitText } from '../../src/os/flatcar/our-login.ts';
import { Bench, buildImage, digestOf, missingForLoopDisks, run } from './loop-disks.ts';
import { withMounted } from './loop-disks.ts';
import type { LoopDisk, SmallImage } from './loop-disks.ts';
import { ScriptHost } from './script-runs.ts';
import type { KillPoint } from './script-runs.ts';

const missing = missingForLoopDisks();
const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
const oemStart = 49_152;
const rootStart = 83_968;
const receipt = '{"phase":"install"}\nhmac-sha256: 00\n';
const ours = 'ssh-ed25519 AAAAours ironstep-login';
const ada = 'ssh-ed25519 AAAAada ada@desk';

describe.skipIf(missing !== null)(`add-key on a disk${missing ? ` (${missing})` : ''}`, () => {
  const bench = new Bench();
  let image: SmallImage;
  let disk: LoopDisk;
  let host: ScriptHost;
  let disks = 0;

  beforeAll(() => {
    image = buildImage(bench.folder);
  });
  afterEach(() => bench.removeDisks());
  afterAll(() => bench.remove());

  /** A system that ironstep installed and that has booted, whose keys somebody has removed. */
  beforeEach(() => {
    disks += 1;
    disk = bench.addDisk(`LOCKED-${disks}`, image.bytes, image.raw);
    host = new ScriptHost(bench);
    withMounted(disk, oemStart, (oem) => {
      mkdirSync(join(oem, 'ironstep'));
      writeFileSync(join(oem, 'ironstep/install.json'), receipt);
    });
    withMounted(disk, rootStart, (root) => {
      mkdirSync(join(root, 'etc/ironstep'));
      writeFileSync(join(root, 'etc/ironstep/stamp.json'), '{}');
    });
  });

  /** `changes` are files of the input; `''` leaves one out. */
  async function place(changes: Record<string, string> = {}, kill?: KillPoint) {
    const inspection = parseInspection((await host.run('inspect', [], {})).stdout);
    const device = inspection.devices.find(({ serial }) => serial === disk.serial);
    const lease = renderLease({
      id: 'add-key-1',
      phase: 'add-key',
      server: 'core1',
      serial: disk.serial,
      wwn: '',
      sizeBytes: disk.sizeBytes,
      imageSha512: null,
      fingerprint: changes['fingerprint'] ?? device?.fingerprint ?? 'not inspected',
      bootId,
    });
    const files = {
      lease,
      'receipt.json': receipt,
      'login-keys': `${ours}\n${ada}\n`,
      'ensure-login.sh': ensureLoginScript(),
      'ironstep-login.service': loginUnitText(),
      ...changes,
    };
    const input = Object.fromEntries(Object.entries(files).filter(([, text]) => text !== ''));
    return host.run('place-login', ['9', '6'], input, kill);
  }

  /** What the next boot of the system finds. */
  function onRoot() {
    return withMounted(disk, rootStart, (root) => {
      const path = (name: string) => join(root, name);
      const units = 'etc/systemd/system';
      return {
        keys: readFileSync(path('etc/ironstep/login-keys'), 'utf8'),
        script: readFileSync(path('opt/ironstep/ensure-login.sh'), 'utf8'),
        unit: readFileSync(path(`${units}/ironstep-login.service`), 'utf8'),
        wanted: lstatSync(path(`${units}/multi-user.target.wants/ironstep-login.service`)),
        mode: statSync(path('etc/ironstep/login-keys')).mode & 0o777,
      };
    });
  }

  function expectPlaced(): void {
    const { keys, script, unit, wanted, mode } = onRoot();
    expect(keys).toBe(`${ours}\n${ada}\n`);
    expect([script, unit]).toEqual([ensureLoginScript(), loginUnitText()]);
    expect([wanted.isSymbolicLink(), mode]).toEqual([true, 0o600]);
  }

  it('keys, script and unit are on ROOT, and nothing else changed there', async () => {
    const done = await place();
    expect([done.exitCode, done.log]).toEqual([0, expect.not.stringContaining('Refused')]);
    expect(parseReport(done.out['report'] ?? '')).toMatchObject({ 'keys-added': '2' });
    expectPlaced();
    const start = `${disk.device}?offset=${rootStart * 512}`;
    expect(run('dumpe2fs', ['-h', start])).toMatch(/Filesystem state: +clean\n/);
    const again = await place();
    expect(parseReport(again.out['report'] ?? '')).toMatchObject({ 'keys-added': '0' });
    expectPlaced();
  });

  it('keys that are there stay, and a masked unit works again', async () => {
    const bob = 'ssh-ed25519 AAAAbob bob@desk';
    withMounted(disk, rootStart, (root) => {
      writeFileSync(join(root, 'etc/ironstep/login-keys'), `${bob}\n`);
      mkdirSync(join(root, 'etc/systemd/system'), { recursive: true });
      symlinkSync('/dev/null', join(root, 'etc/systemd/system/ironstep-login.service'));
    });
    expect((await place()).exitCode).toBe(0);
    expect(onRoot()).toMatchObject({ keys: `${bob}\n${ours}\n${ada}\n`, unit: loginUnitText() });
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it('a journal that was left to be replayed is replayed', async () => {
    // A live copy of a mounted filesystem is what a reset leaves behind.
    const copy = join(bench.folder, 'reset.img');
    withMounted(disk, rootStart, (root) => {
      writeFileSync(join(root, 'etc/ironstep/late'), 'written just before the reset');
      run('sync', ['-f', root]);
      run('cp', ['--sparse=always', disk.file, copy]);
    });
    const superblock = run('dumpe2fs', ['-h', `${copy}?offset=${rootStart * 512}`]);
    expect(superblock).toContain('needs_recovery');
    bench.removeDisks();
    disk = bench.addDisk('RESET-1', image.bytes, copy);
    expect((await place()).exitCode).toBe(0);
    expectPlaced();
  });

  const refusals: [string, () => Record<string, string>, RegExp][] = [
    ['another receipt', () => ({ 'receipt.json': '{}\n' }), /receipt on the disk is not the one/],
    ['another table', () => ({ fingerprint: '0123456789ab' }), /not the one that was approved/],
    ['no key', () => ({ 'login-keys': '' }), /input login-keys is missing/],
    [
      'half a shrink',
      () => {
        withMounted(disk, oemStart, (oem) =>
          writeFileSync(join(oem, 'ironstep/repartition.begun'), ''),
        );
        return {};
      },
      /shrinking ROOT was begun/,
    ],
    [
      'a system that never booted',
      () => {
        withMounted(disk, rootStart, (root) =>
          rmSync(join(root, 'etc/ironstep'), { recursive: true }),
        );
        return {};
      },
      /not finished its first boot/,
    ],
    [
      'a filesystem with errors',
      () => {
        run('debugfs', ['-w', '-R', 'ssv state 2', `${disk.device}?offset=${rootStart * 512}`]);
        return {};
      },
      /filesystem of ROOT is .*it needs a person: e2fsck/,
    ],
    [
      'a ROOT that is not ext4',
      () => {
        const at = ['-o', String(rootStart * 512), '--sizelimit', String(160 * 2 ** 20)];
        const loop = run('losetup', ['-f', '--show', ...at, disk.device]).trim();
        run('mkfs.btrfs', ['-q', '-f', loop]);
        run('losetup', ['-d', loop]);
        return {};
      },
      /ROOT is not ext4/,
    ],
  ];

  it.each(refusals)('%s: refused, nothing is written', async (_, arrange, message) => {
    const changes = arrange();
    run('sync', [disk.device]);
    const before = digestOf(disk.file);
    const refused = await place(changes);
    expect(refused.log).toMatch(message);
    expect([refused.exitCode, refused.log]).toEqual([
      10,
      expect.stringContaining('Nothing was written'),
    ]);
    expect(digestOf(disk.file)).toBe(before);
  });

  it('a link on ROOT does not lead into the rescue system', async () => {
    const outside = join(bench.folder, 'outside');
    mkdirSync(outside);
    withMounted(disk, rootStart, (root) => symlinkSync(outside, join(root, 'opt')));
    const stopped = await place();
    expect([stopped.exitCode, stopped.log]).toEqual([11, expect.stringContaining('/opt on ROOT')]);
    expect(run('ls', [outside])).toBe('');
  });

  it.each([
    ['e2fsck', 1, 'after'],
    ['mount', 3, 'after'],
    ['mv', 1, 'before'],
    ['mv', 2, 'after'],
    ['ln', 1, 'after'],
  ] as const)('SIGKILL at %s %i, %s: the next attempt finishes it', async (tool, call, when) => {
    expect((await place({}, { tool, call, when })).exitCode).toBeNull();
    expect((await place()).exitCode).toBe(0);
    expectPlaced();
  });
});
