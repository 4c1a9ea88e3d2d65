import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startImageServer } from './image-server.ts';
import type { Listening } from './listen.ts';

const folder = mkdtempSync(join(tmpdir(), 'ironstep-images-'));
let images: Listening;

beforeAll(async () => {
  for (const [name, text] of [
    ['built/stable/image.bin', '0123456789'],
    ['built/stable/version.txt', 'good'],
    ['front/stable/version.txt', 'broken'],
    ['secret.txt', 'outside'],
  ] as const) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  images = await startImageServer([join(folder, 'front'), join(folder, 'built')], 0);
});
afterAll(async () => {
  await images.close();
  rmSync(folder, { recursive: true });
});

const get = (path: string, init?: RequestInit) => fetch(images.url + path, init);

describe('the image server', () => {
  it('serves whole files, and their size without them', async () => {
    const head = await get('/stable/image.bin', { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe('10');
    expect(await head.text()).toBe('');
    expect(await (await get('/stable/image.bin')).text()).toBe('0123456789');
  });

  it.each([
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=8-99', 206, '89', 'bytes 8-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['lines=1-2', 200, '0123456789', null],
  ])('%s', async (range, status, text, contentRange) => {
    const answer = await get('/stable/image.bin', { headers: { Range: range } });
    expect(answer.status).toBe(status);
    expect(await answer.text()).toBe(text);
    expect(answer.headers.get('content-range')).toBe(contentRange);
  });

  it('a changed file is sent whole to who resumes the old one', async () => {
    const headers = { Range: 'bytes=5-', 'If-Range': '"another"' };
    expect(await (await get('/stable/image.bin', { headers })).text()).toBe('0123456789');
  });

  it('a release in front wins', async () => {
    expect(await (await get('/stable/version.txt')).text()).toBe('broken');
  });

  it('has nothing outside of its folders', async () => {
    expect((await get('/nosuch')).status).toBe(404);
    // fetch() would tidy the path up before it sends it.
    const status = await new Promise((resolve) => {
      const path = '/%2e%2e/secret.txt';
      request(images.url, { path }, (response) => resolve(response.resume().statusCode)).end();
    });
    expect(status).toBe(404);
  });
});
