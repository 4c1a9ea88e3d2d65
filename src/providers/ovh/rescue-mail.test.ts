import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Mail } from '../mailbox.ts';
import { readRescueMail } from './rescue-mail.ts';
import type { MailedBoot } from './rescue-mail.ts';

const sinceMs = Date.parse('2026-11-24T09:14:00.700Z');
const boot: MailedBoot = { service: 'ns1.ip-5-39-80.eu', address: '5.39.80.1', sinceMs };
const secretId = '0b9c5c4e-6f0e-4d5a-9a55-7d1f3c2b1a00';
const link = `https://www.ovh.com/manager/secret/#?id=${secretId}`;

const english: Mail = {
  subject: '[ab12345-ovh] [ns1.ip-5-39-80.eu] Access settings for Linux rescue mode',
  dateMs: sinceMs + 60_000,
  body: [
    'Dear customer,',
    'your server has been restarted in rescue mode.',
    '- IP address: 5.39.80.1',
    '- user: root',
    `- password: ${link}`,
    'The OVHcloud team',
  ].join('\n'),
};
const french: Mail = {
  ...english,
  subject: "[ab12345-ovh] [ns1.ip-5-39-80.eu] Paramètres d'accès pour le mode rescue Linux",
  body: `Bonjour,\n- Adresse IP : 5.39.80.1\n- utilisateur : root\n- mot de passe : ${link}\n`,
};
const kimsufi: Mail = {
  ...english,
  subject: "[ns1.ip-5-39-80.eu] Your server has started in 'Rescue' mode",
  body: 'Hello,\n\n- IP: 5.39.80.1\n- user: root\nPassword: qX7vB2mK9\n\nKimsufi\n',
};
const other = (why: string) => ({ kind: 'other', why: expect.stringContaining(why) });

describe('a mail of this boot', () => {
  it.each([
    ['the current template', english],
    ['French', french],
    ['HTML', { ...english, body: english.body.replaceAll('\n', '<br>\r\n') }],
    [
      'a link of HTML',
      { ...english, body: english.body.replace(link, `<p><a href="${link}">x</a>`) },
    ],
    ['another capital letter', { ...english, subject: english.subject.replace('ns1', 'NS1') }],
    ['the second of the reset', { ...english, dateMs: Math.floor(sinceMs / 1000) * 1000 }],
    ['the same link twice', { ...english, body: `${english.body}\n${link}` }],
  ])('%s: the id of the secret', (_, mail) => {
    expect(readRescueMail(mail, boot)).toEqual({ kind: 'secret', secretId });
  });

  it.each([
    ['the old template', kimsufi, 'qX7vB2mK9'],
    ['in French', { ...kimsufi, body: '- IP : 5.39.80.1\nMot de passe : é:1"\n' }, 'é:1"'],
  ])('%s: the password itself', (_, mail, password) => {
    expect(readRescueMail(mail, boot)).toEqual({ kind: 'password', password });
  });
});

describe('a mail that is not used', () => {
  it.each([
    ['[ns10.ip-5-39-80.eu]', 'of ns10'],
    ['[xns1.ip-5-39-80.eu]', 'of a longer name'],
    ['ns1.ip-5-39-80.eu', 'without brackets'],
    ['[ns1.ip-5-39-80.eu.example.org]', 'of a longer domain'],
  ])('%s (%s)', (name) => {
    const subject = english.subject.replace('[ns1.ip-5-39-80.eu]', name);
    expect(readRescueMail({ ...english, subject }, boot)).toEqual(other('it is not about'));
  });

  it.each([
    ['of an earlier boot', sinceMs - 60_000],
    ['without a date', NaN],
  ])('%s', (_, dateMs) => {
    expect(readRescueMail({ ...english, dateMs }, boot)).toEqual(other('earlier boot'));
  });

  it.each([
    ['5.39.80.10', 'another address'],
    ['15.39.80.1', 'another address'],
    ['none', 'no IP address'],
  ])('about the address %s', (address, why) => {
    const body = english.body.replace('5.39.80.1', address);
    expect(readRescueMail({ ...english, body }, boot)).toEqual(other(why));
  });

  it.each([
    `https://www.ovh.com.evil.example/manager/secret/#?id=${secretId}`,
    `https://evil.example/manager/secret/#?id=${secretId}`,
    `http://www.ovh.com/manager/secret/#?id=${secretId}`,
    `https://www.ovh.com:8443/manager/secret/#?id=${secretId}`,
    `https://me@www.ovh.com/manager/secret/#?id=${secretId}`,
    `https://www.ovh.com/redirect/manager/secret/#?id=${secretId}`,
    `https://www.ovh.com/manager/secret/../../go/secret/#?id=${secretId}`,
    `https://www.ovh.com/manager/secret/#?id=${secretId}&to=evil`,
    'https://www.ovh.com/manager/secret/#?id=not-a-uuid',
  ])('with the forged link %s', (forged) => {
    const body = english.body.replace(link, forged);
    expect(readRescueMail({ ...english, body }, boot)).toEqual(other('does not lead to OVH'));
    expect(readRescueMail({ ...english, body: `${body}\n${link}` }, boot).kind).toBe('other');
  });

  it.each([
    ['two secrets', english.body + link.replace('#?id=0', '#?id=1').replace(/^/, '\n')],
    ['two passwords', `${kimsufi.body}Password: another1\n`],
    ['a password that is a link', kimsufi.body.replace('qX7vB2mK9', 'https://evil.example/')],
    ['no password', '- IP address: 5.39.80.1\nPassword: see below, or above\n'],
  ])('with %s', (_, body) => {
    expect(readRescueMail({ ...english, body }, boot).kind).toBe('other');
  });
});

describe('whatever is in a mail', () => {
  const pieces = fc.constantFrom(
    ...[
      '[ns1.ip-5-39-80.eu]',
      '[ns10.ip-5-39-80.eu]',
      '[',
      ']',
      ' ',
      '\n',
      link,
      '<br>',
      '<a href="',
    ],
    ...[
      '- IP address: 5.39.80.1',
      'IP: 5.39.80.10',
      'Password: x1',
      'https://evil.example/secret/',
    ],
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pieces).map((all) => all.join('')),
  );

  it('only what is about this server, address and boot gives a password', () => {
    fc.assert(
      fc.property(text, text, fc.integer({ min: -9, max: 9 }), (subject, body, seconds) => {
        const dateMs = sinceMs + seconds * 1000;
        const reading = readRescueMail({ subject, body, dateMs }, boot);
        if (reading.kind === 'other') return;
        expect(subject.toLowerCase()).toContain('[ns1.ip-5-39-80.eu]');
        expect(seconds).toBeGreaterThanOrEqual(0);
        expect(body).toContain('5.39.80.1');
        expect(body).not.toContain('5.39.80.10');
        expect(body).not.toContain('evil.example/secret');
      }),
      { numRuns: 2_000 },
    );
  });

  it('a mail that would take long to read is passed over', () => {
    const body = english.body + '<a '.repeat(300_000);
    expect(readRescueMail({ ...english, body }, boot)).toEqual(other('too long'));
  });

  it('never says what is in it when it passes one over', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\w{8,20}$/), (secret) => {
        const body = `- IP: 9.9.9.9\nPassword: ${secret}\n`;
        expect(JSON.stringify(readRescueMail({ ...english, body }, boot))).not.toContain(secret);
      }),
    );
  });
});
