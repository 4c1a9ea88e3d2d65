import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { RunClient } from '../../src/client.ts';
import { createDataConverter } from '../../src/codec/data-converter.ts';
import { loadPayloadKeys } from '../../src/codec/payload-key.ts';
import { ensureDev, stopDev } from '../../src/dev/background.ts';
import { requestHelp } from '../../src/run/request-arguments.ts';
import { requestOf } from '../fixtures/provision-request.ts';
import { until } from '../until.ts';
import { findChromium, launchChromium } from './chromium.ts';
import { TemporalUi } from './temporal-ui.ts';

const chromium = await findChromium();
const missing = chromium === null ? ' (no chromium here)' : '';
const approval = 'SERIAL-1:7c1e90aabbcc';

/** Temporal, its UI, the codec server and the worker of `ironstep dev`; only the servers are not. */
describe.skipIf(chromium === null)(`a run in the Temporal UI${missing}`, () => {
  let folder: string;
  let browser: Browser;
  let runs: RunClient;
  let ui: TemporalUi;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'browser-'));
    process.env['XDG_STATE_HOME'] = join(folder, 'state');
    process.env['XDG_CONFIG_HOME'] = join(folder, 'config');
    const worker = fileURLToPath(new URL('field-worker.ts', import.meta.url));
    const dev = await ensureDev({ workerCommand: [process.execPath, '--import', 'tsx', worker] });
    runs = await RunClient.connect(dev, createDataConverter(await loadPayloadKeys()));
    for (const server of ['core2', 'core4'])
      await runs.start('provision', requestOf('presize', server));
    browser = await launchChromium(chromium ?? '');
    ui = new TemporalUi(await browser.newPage(), dev.uiUrl);
    ui.page.setDefaultTimeout(30_000);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    const path = join(tmpdir(), `browser-${task.name.slice(0, 20)}-${Date.now()}.png`);
    await ui.page.screenshot({ path });
    console.error(`what the page showed then: ${path}`);
  });
  afterAll(async () => {
    await browser?.close();
    await runs?.close();
    await stopDev();
    await rm(folder, { recursive: true, force: true });
  });

  test('is found by its server, its phase, its provider and by what it needs', async () => {
    const filters = { Provider: 'ovh', Phase: 'approve', Attention: 'approval' };
    await until(async () => (await ui.list(filters)).length === 2, 20_000);
    const workflowId = 'server/ovh/core2.example.net';
    expect(await ui.list({ ServerName: 'core2', ...filters })).toEqual([workflowId]);
    expect(await ui.list({ ServerName: 'core2', Attention: 'failed' })).toEqual([]);
  });

  test('says what happened and what it needs, all decoded', async () => {
    await openRun('core2');
    await ui.page.getByText('inspect • look at the disks').waitFor();
    await ui.page.getByText('hardReset • hard reset').waitFor();
    await ui.currentDetailsSay('Needs you: core2 waits for your yes');
    expect(await ui.metadata('summary').innerText()).toContain(
      'core2 · Flatcar stable · presize to 100 GiB',
    );
    expect(await ui.metadata('details').innerText()).toContain(
      'core2 is core2.example.net at ovh.',
    );
    const details = await ui.metadata('current-details').innerText();
    expect(details).toMatch(/ext4, last mounted \/boot\s+DIES/);
    expect(details).toMatch(/ROOT\s+100 GiB, ext4/);
    expect(details).toMatch(/✔\s+inspect\s+\d+s\s+1 disk/);
    expect(details).toContain(`{"wipe":"${approval}"}`);
  });

  test('shows what each Update is for, and says why it refuses one', async () => {
    await openRun('core2');
    const offered = Object.entries(requestHelp).map(([name, help]) => `${name} ${help}`);
    const shown = (await ui.updates()).map((text) => text.replaceAll(/\s+/g, ' '));
    expect(shown).toEqual([...offered, 'Custom']);
    const wrong = await ui.sendUpdate('approve', '{"wipe": "SERIAL-1:000000000000"}');
    expect(wrong).toHaveProperty('words', expect.stringContaining(`{"wipe": "${approval}"}`));
    expect(await ui.sendUpdate('approve', '[1]')).toHaveProperty(
      'words',
      expect.stringContaining('approve takes {"wipe": "SERIAL:FINGERPRINT"}'),
    );
    expect(await ui.sendUpdate('resume', '')).toHaveProperty(
      'words',
      expect.stringContaining('core2 does not wait to be resumed'),
    );
  });

  test('goes on when it is approved, waits when a phase fails, and goes on when resumed', async () => {
    await openRun('core2');
    expect(await ui.sendUpdate('approve', `{"wipe": "${approval}"}`)).toEqual({ kind: 'accepted' });
    await ui.currentDetailsSay('approved by somebody in the Temporal UI');
    await ui.currentDetailsSay('Needs you: first-boot failed: core2 did not answer within 15m.');
    await until(
      async () => (await ui.list({ Attention: 'failed', Phase: 'first-boot' })).length === 1,
    );
    await openRun('core2');
    await ui.tab('User Metadata');
    expect(await ui.sendUpdate('resume', '')).toEqual({ kind: 'accepted' });
    await ui.currentDetailsSay('core2 is ready');
    await ui.page.getByRole('status').filter({ hasText: 'Completed' }).waitFor();
  });

  test('is aborted from there, with a reason', async () => {
    await openRun('core4');
    const answer = await ui.sendUpdate('abort', '{"reason": "wrong server", "by": "ada"}');
    expect(answer).toEqual({ kind: 'accepted' });
    await ui.currentDetailsSay('Stopped by ada: wrong server.');
    await ui.currentDetailsSay('The disk was not touched.');
  });

  test('cannot be read without the codec server', async () => {
    await ui.page.route(/\/decode/, (route) => route.abort());
    await openRun('core2');
    await ui.tab('User Metadata');
    await ui.page.getByRole('button', { name: 'Codec Server could not' }).waitFor();
    expect(await ui.metadata('current-details').innerText()).not.toContain('core2 is ready');
  });

  async function openRun(server: string): Promise<void> {
    await ui.list({ ServerName: server });
    await ui.open(`server/ovh/${server}.example.net`);
  }
});
