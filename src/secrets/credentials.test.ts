import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { CredentialsInvalid, CredentialsMissing, loadAccount } from './credentials.ts';
import { FileTooOpen } from './private-file.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ironstep-credentials-'));
  file = join(folder, 'credentials.yaml');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const write = (text: string) => writeFile(file, text, { mode: 0o600 });

function account(lines: Record<string, string> = {}): string {
  const fields = {
    kind: 'ovh',
    endpoint: 'kimsufi-eu',
    applicationKey: 'canary-one',
    applicationSecret: 'canary-two',
    consumerKey: 'canary-three',
    ...lines,
  };
  const body = Object.entries(fields).map(([name, value]) => `  ${name}: ${value}\n`);
  return `kimsufi:\n${body.join('')}`;
}

describe('loadAccount', () => {
  it('reads values that are literal, in the environment or in a file', async () => {
    vi.stubEnv('IRONSTEP_TEST_SECRET', 'canary-from-env');
    await writeFile(join(folder, 'consumer'), 'canary-from-file\n', { mode: 0o600 });
    const values = { applicationSecret: 'env:IRONSTEP_TEST_SECRET', consumerKey: 'file:consumer' };
    await write(account(values));
    const loaded = await loadAccount(folder, 'kimsufi');
    expect(loaded.endpoint).toBe('https://eu.api.kimsufi.com/1.0');
    expect(loaded.applicationKey.reveal()).toBe('canary-one');
    expect(loaded.applicationSecret.reveal()).toBe('canary-from-env');
    expect(loaded.consumerKey.reveal()).toBe('canary-from-file');
    expect(JSON.stringify(loaded) + inspect(loaded)).not.toContain('canary');
  });

  it('reads mails only where it is told to, and knows how to reach a mailbox', async () => {
    await write(account());
    expect(await loadAccount(folder, 'kimsufi')).toMatchObject({
      mailHistory: false,
      mailbox: null,
    });
    await writeFile(join(folder, 'mail-password'), 'canary-of-mail\n', { mode: 0o600 });
    await writeFile(join(folder, 'authority.pem'), 'a certificate');
    const mailbox =
      '{ host: imap.example.org, user: me, password: "file:mail-password", ' +
      'authority: "file:authority.pem" }';
    await write(account({ mailHistory: 'true', mailbox }));
    const loaded = await loadAccount(folder, 'kimsufi');
    expect(loaded).toMatchObject({
      mailHistory: true,
      mailbox: { port: 993, folder: 'INBOX', authority: 'a certificate' },
    });
    expect(loaded.mailbox?.password.reveal()).toBe('canary-of-mail');
    expect(JSON.stringify(loaded) + inspect(loaded)).not.toContain('canary');
  });

  it.each([
    ['mailHistory', 'yes, please'],
    ['mailbox', '{ host: imap.example.org }'],
    ['mailbox', '{ host: h, user: u, password: p, authority: file:none.pem }'],
    ['mailbox', '{ host: h, user: u, password: p, port: imaps }'],
  ])('refuses %s: %s', async (field, value) => {
    await write(account({ [field]: value }));
    await expect(loadAccount(folder, 'kimsufi')).rejects.toThrow(CredentialsInvalid);
  });

  it('keeps a key of digits as it is written', async () => {
    await write(account({ applicationKey: '0012345678901234567890' }));
    const { applicationKey } = await loadAccount(folder, 'kimsufi');
    expect(applicationKey.reveal()).toBe('0012345678901234567890');
  });

  it('takes any https URL, and http only to this machine', async () => {
    await write(account({ endpoint: 'http://127.0.77.1:8080/1.0/' }));
    expect((await loadAccount(folder, 'kimsufi')).endpoint).toBe('http://127.0.77.1:8080/1.0');
    for (const endpoint of ['http://eu.api.ovh.com/1.0', 'ftp://127.0.0.1', 'kimsufi']) {
      await write(account({ endpoint }));
      await expect(loadAccount(folder, 'kimsufi')).rejects.toThrow(CredentialsInvalid);
    }
  });

  it('says how to write the file when there is none', async () => {
    const failure = loadAccount(folder, 'kimsufi');
    await expect(failure).rejects.toThrow(CredentialsMissing);
    await expect(failure).rejects.toThrow(`There is no ${file}.\nWrite it like this`);
  });

  it.each(['', '# nothing yet\n', account()])('says which accounts there are', async (text) => {
    await write(text);
    const known = text === account() ? 'kimsufi' : 'none';
    await expect(loadAccount(folder, 'other')).rejects.toThrow(CredentialsMissing);
    await expect(loadAccount(folder, 'other')).rejects.toThrow(`"other" (it has: ${known})`);
  });

  it('refuses a file that others may read', async () => {
    await write(account());
    await chmod(file, 0o644);
    await expect(loadAccount(folder, 'kimsufi')).rejects.toThrow(FileTooOpen);
    await chmod(file, 0o400);
    await expect(loadAccount(folder, 'kimsufi')).resolves.toBeDefined();
  });

  it.each<[string, string, string]>([
    ['not YAML', 'kimsufi:\n  consumerKey: "canary-three\n', 'credentials.yaml:'],
    ['not a map', '- canary-one\n', 'no accounts by name'],
    ['a missing field', account().replace(/ {2}consumerKey.*\n/, ''), 'consumerKey'],
    ['an unknown field', `${account()}  password: canary-four\n`, 'password'],
    ['another kind', account({ kind: 'canary-kind' }), 'kind'],
    ['a wrong endpoint', account({ endpoint: 'canary-endpoint' }), 'endpoint'],
    ['an unset variable', account({ consumerKey: 'env:IRONSTEP_NOT_SET' }), 'IRONSTEP_NOT_SET'],
    ['an absent file', account({ consumerKey: 'file:/nonexistent/x' }), '/nonexistent/x'],
  ])('%s: names the file and what is wrong, and no value', async (_, text, expected) => {
    await write(text);
    const failure: unknown = await loadAccount(folder, 'kimsufi').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CredentialsInvalid);
    expect((failure as Error).message).toContain(file);
    expect((failure as Error).message).toContain(expected);
    expect(inspect(failure)).not.toContain('canary');
  });
});
