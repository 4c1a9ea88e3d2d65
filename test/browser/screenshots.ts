import { mkdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Locator, Page } from 'playwright-core';
import { stringify } from 'yaml';

import { makeDemoKey } from '../../lab/demo-key.ts';
import { devStatus } from '../../src/dev/dev-status.ts';
import { Instance } from '../lab/instance.ts';
import { until } from '../until.ts';
import { findChromium, launchChromium } from './chromium.ts';
import { TemporalUi } from './temporal-ui.ts';

/**
 * `npm run screenshots`: the pictures of docs/guide/temporal-ui.md, of one real run: a QEMU machine
 * with an old system on its disk, approved from the Temporal UI, stopped by a key that the provider
 * refuses from then on, and resumed from there.
 */
const folder = fileURLToPath(new URL('../../docs/guide/images/', import.meta.url));
const bytesMax = 300_000;
const phaseWithinMs = 15 * 60_000;
/** Wide enough that the Temporal UI cuts and covers nothing; a picture is as high as its page. */
const width = 1440;
const heightMin = 560;
const margin = 24;
/** Without what moves. */
const still = { animations: 'disabled', caret: 'hide' } as const;

const chromium = await findChromium();
if (chromium === null) throw new Error('There is no chromium here: sudo apt-get install chromium');
await mkdir(folder, { recursive: true });
const instance = await Instance.start({
  net: '127.0.96',
  servers: 'core2:KS-2b,core3:KS-2c',
});
const browser = await launchChromium(chromium);
try {
  const { uiUrl } = (await devStatus()) ?? {};
  const page = await browser.newPage({
    viewport: { width, height: heightMin },
    timezoneId: 'UTC',
    locale: 'en-GB',
  });
  page.setDefaultTimeout(60_000);
  await photograph(new TemporalUi(page, uiUrl ?? ''));
} finally {
  await browser.close();
  await instance.stop();
}

async function photograph(ui: TemporalUi): Promise<void> {
  const { page } = ui;
  const tabs = page.getByRole('tablist').first();
  await makeDemoKey(join(instance.folder, 'demo'));
  await instance.lab.server('core2').insertOldSystem();
  await instance.provision(spec('core3', '100GiB'), { by: 'ada@desk' });
  const run = instance.provision(spec('core2', '100GiB'), { by: 'ada@desk' });
  await waits('approval');

  await ui.list({ Provider: 'ovh' });
  await page.getByRole('button', { name: 'Collapse Navigation' }).click();
  const add = ['ServerName', 'Phase', 'Attention'];
  await ui.columns({ add, remove: ['Run ID', 'Type', 'End'] });
  await pageFrom(page, null, 'list');
  await ui.list({ Attention: 'approval' });
  await ui.open(workflowId('core2'));
  await ui.currentDetailsSay('Needs you: core2 waits for your yes');
  await pageFrom(page, null, 'approval');

  const { attention, disk } = await instance.status('core2');
  const token = attention?.actions[0]?.command.split(' ').at(-1) ?? '';
  const wrong = await ui.fillUpdate('approve', `{"wipe": "${disk?.serial}"}`);
  await ui.submitUpdate(wrong, () => dialogAlone(page, wrong, 'refused'));
  // From here on the provider refuses the key: the next call is made when the disk is to be booted.
  await instance.lab.arm({
    ...{ kind: 'key-refused', errorCode: 'INVALID_CREDENTIAL', server: 'core2', times: null },
  });
  const right = await ui.fillUpdate('approve', `{"wipe": "${token}", "by": "ada"}`);
  await dialogAlone(page, right, 'approve');
  await ui.submitUpdate(right);
  await waits('failed');
  await ui.currentDetailsSay('Needs you: boot failed');
  await pageFrom(page, tabs, 'failed');

  await instance.lab.clearFaults();
  await ui.sendUpdate('resume', '{"by": "ada"}');
  await run;
  await page.getByRole('status').filter({ hasText: 'Completed' }).waitFor();
  await ui.currentDetailsSay('core2 is ready');
  await pageFrom(page, tabs, 'ready');
  await ui.tab('Timeline');
  await page.getByText('releaseHold').first().waitFor({ state: 'attached' });
  await pageFrom(page, page.getByRole('heading', { name: 'Timeline' }), 'timeline');
  await page.route(/\/decode/, (route) => route.abort());
  await page.reload();
  await ui.tab('User Metadata');
  await page.getByRole('button', { name: 'Codec Server could not' }).waitFor();
  await pageFrom(page, null, 'no-codec');
}

/** Asked once a second: the CPU is for the machine. */
async function waits(kind: string): Promise<void> {
  const isWaiting = async () => (await instance.status('core2')).attention?.kind === kind;
  await until(isWaiting, phaseWithinMs, 1_000);
}

/** The page from `top`, or its own, to its end, which the Temporal UI scrolls inside of itself. */
async function pageFrom(page: Page, top: Locator | null, name: string): Promise<void> {
  await page.getByText('Update successful').first().waitFor({ state: 'hidden' });
  const needed = await page.locator('#content-wrapper').evaluate((part) => part.scrollHeight);
  const height = Math.max(needed, heightMin);
  await page.setViewportSize({ width, height });
  const box = await top?.boundingBox();
  const y = box == null ? 0 : box.y - margin;
  await picture(name, (path) =>
    page.screenshot({ ...still, path, clip: { x: 0, y, width, height: height - y } }),
  );
  await page.setViewportSize({ width, height: heightMin });
}

/** A dialog alone, all of it. */
async function dialogAlone(page: Page, dialog: Locator, name: string): Promise<void> {
  await page.setViewportSize({ width, height: width });
  await picture(name, (path) => dialog.screenshot({ ...still, path }));
  await page.setViewportSize({ width, height: heightMin });
}

/** No larger than a page of the guide may load. */
async function picture(name: string, take: (path: string) => Promise<unknown>): Promise<void> {
  const path = join(folder, `${name}.png`);
  await take(path);
  const { size } = await stat(path);
  process.stdout.write(`${relative(process.cwd(), path)}  ${Math.round(size / 1000)} kB\n`);
  if (size > bytesMax) throw new Error(`${path} is larger than ${bytesMax} bytes`);
}

function workflowId(server: string): string {
  return `server/ovh/${instance.lab.server(server).service}`;
}

function spec(server: string, root: string): string {
  const { service, sshPort } = instance.lab.server(server);
  return instance.file(
    `${server}.yaml`,
    stringify({
      server,
      provider: { kind: 'ovh', service, account: 'lab' },
      image: { os: 'flatcar', mirror: 'lab' },
      disk: { only: true },
      ssh: { port: sshPort, authorizedKeys: ['demo.pub'] },
      layout: {
        apply: 'presize',
        root,
        partitions: [
          { name: 'data', size: '500GiB', filesystem: 'ext4', mount: '/srv/data' },
          { name: 'containers', size: 'rest', filesystem: 'btrfs', mount: '/var/lib/docker' },
        ],
      },
    }),
  );
}
