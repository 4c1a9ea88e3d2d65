import { chromium, type Browser } from 'playwright-core';

import { findProgram } from '../../src/toolchain/find-program.ts';

/** Where a fresh profile stays quiet: nothing is asked of the network but the page under test. */
const flags = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** Debian's Chromium, or null where it is not installed. */
export function findChromium(): Promise<string | null> {
  return findProgram('chromium');
}

/** Starts it with a profile of its own, that is gone afterwards. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: flags });
}
