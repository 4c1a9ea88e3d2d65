import { gunzipSync } from 'node:zlib';

/** Text as a `data:` URL that Ignition takes (RFC 2397). */
export function dataUrl(text: string): string {
  return `data:;base64,${Buffer.from(text).toString('base64')}`;
}

/**
 * What a `data:` URL holds, unpacked when Ignition would unpack it; null for any other URL. Throws
 * an Error when it cannot be decoded.
 */
export function dataUrlText(url: string, compression?: string | null): string | null {
  const parts = /^data:([^,]*),([^]*)$/.exec(url);
  if (parts === null) return null;
  const [, header = '', content = ''] = parts;
  const plain = decodeURIComponent(content);
  const bytes = /;\s*base64$/i.test(header) ? Buffer.from(plain, 'base64') : Buffer.from(plain);
  return (compression === 'gzip' ? gunzipSync(bytes) : bytes).toString('utf8');
}
