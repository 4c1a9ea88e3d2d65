import { createHmac, timingSafeEqual } from 'node:crypto';

const lastLine = /^([^]*\n)hmac-sha256: ([0-9a-f]{64})\n$/;

/**
 * The receipt with a last line `hmac-sha256: HEX` over all before it, by which ironstep knows its
 * own receipt again on a disk that others could write. A missing final line break is added.
 */
export function signReceipt(key: Buffer, text: string): string {
  const body = text.endsWith('\n') ? text : `${text}\n`;
  return `${body}hmac-sha256: ${mac(key, body).toString('hex')}\n`;
}

/** Is this text, to the last byte, one that `signReceipt` made with this key? */
export function verifyReceipt(key: Buffer, signed: string): boolean {
  const [, body, hex] = lastLine.exec(signed) ?? [];
  if (body === undefined || hex === undefined) return false;
  return timingSafeEqual(mac(key, body), Buffer.from(hex, 'hex'));
}

function mac(key: Buffer, body: string): Buffer {
  return createHmac('sha256', key).update(body).digest();
}
