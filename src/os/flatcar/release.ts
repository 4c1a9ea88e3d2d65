import { readFile } from 'node:fs/promises';

import type { ImageSpec } from '../../spec/server-spec.ts';
import type { Mirror } from '../mirror.ts';
import type { ImageRelease } from '../os-target.ts';
import { fileNames, sha512Of } from './digest-list.ts';
import { ReleaseNotFound, SignatureRefused } from './release-errors.ts';
import { ReleaseServer } from './release-server.ts';
import { clearSignedText, trustedKey, verifiedStream } from './release-signature.ts';
import type { TrustedKey } from './release-signature.ts';

/**
 * Flatcar's image signing key. It is the primary key that is pinned: its signing subkeys are
 * replaced every two years (the one before last expired in March 2025).
 */
const flatcarKey = {
  fingerprint: 'F88CFEDEFF29A5B4D9523864E25D9AED0593B34A',
  url: 'https://www.flatcar.org/security/image-signing-key/Flatcar_Image_Signing_Key.asc',
};

const flatcarServer = 'https://{channel}.release.flatcar-linux.net';

/** Best first: zstd is decompressed ten times as fast on a small server. */
const compressions = ['zst', 'bz2'] as const;

/** A release server, and the key that it is trusted by. */
type Source = { url: string; fingerprint: string; key: string };

/**
 * Finds the release that a spec asks for and proves who made it: from the signed digest list, or,
 * where there is none, by reading the image once and checking its detached signature (minutes; the
 * image is not kept). Throws ReleaseNotFound, ReleaseServerUnavailable (try again) or
 * SignatureRefused.
 *
 * What is signed is a file name and its digest, not a version: a server that offers an old image as
 * a new version cannot be told from here. Only the installed system's own version can tell.
 */
export async function resolveRelease(
  image: ImageSpec,
  mirrors: Record<string, Mirror>,
  options: { fetch?: typeof fetch; signal?: AbortSignal } = {},
): Promise<ImageRelease> {
  const source = releaseSource(image, mirrors);
  const server = new ReleaseServer({ fetch: options.fetch ?? fetch, signal: options.signal });
  const version = await releaseVersion(server, source, image);
  const trusted = await trustedKey({
    bytes: await keyFile(server, source.key),
    where: source.key,
    fingerprint: source.fingerprint,
  });
  // By version, so that a release that appears in between does not mix two.
  const folder = `${source.url}/amd64-usr/${version}`;
  const found =
    (await byDigestList(server, folder, trusted)) ?? (await byDetached(server, folder, trusted));
  if (found === null) {
    throw new ReleaseNotFound(
      `${folder}/ has no signed flatcar_production_image.bin (.zst or .bz2). ` +
        `Check image.version and the mirror. Nothing was changed.`,
    );
  }
  return {
    os: 'flatcar',
    channel: image.channel,
    version,
    signedBy: trusted.fingerprint,
    ...found,
  };
}

type VerifiedImage = Pick<
  ImageRelease,
  'url' | 'compression' | 'sha512' | 'compressedBytes' | 'signature'
>;

async function byDigestList(
  server: ReleaseServer,
  folder: string,
  trusted: TrustedKey,
): Promise<VerifiedImage | null> {
  for (const compression of compressions) {
    const name = imageName(compression);
    const url = `${folder}/${name}`;
    const where = `${url}.DIGESTS.asc`;
    const bytes = await server.smallFileIfThere(where);
    if (bytes === null) continue;
    const text = await clearSignedText({ bytes, where, trusted });
    const sha512 = sha512Of(name, text);
    if (sha512 === null) {
      throw new SignatureRefused(
        `${where} has no one SHA-512 of ${name}; it is about ` +
          `${fileNames(text).join(', ') || 'no file'}. Nothing was changed.`,
      );
    }
    const compressedBytes = await server.sizeBytes(url);
    return { url, compression, sha512, compressedBytes, signature: 'digest-list' };
  }
  return null;
}

async function byDetached(
  server: ReleaseServer,
  folder: string,
  trusted: TrustedKey,
): Promise<VerifiedImage | null> {
  for (const compression of compressions) {
    const url = `${folder}/${imageName(compression)}`;
    const signature = await server.smallFileIfThere(`${url}.sig`);
    if (signature === null) continue;
    const stream = await server.stream(url);
    const { sha512, bytes } = await verifiedStream({ stream, signature, where: url, trusted });
    return { url, compression, sha512, compressedBytes: bytes, signature: 'detached' };
  }
  return null;
}

function imageName(compression: string): string {
  return `flatcar_production_image.bin.${compression}`;
}

/** The version asked for, or the newest of the channel; the folder must agree that it is that. */
async function releaseVersion(
  server: ReleaseServer,
  source: Source,
  image: ImageSpec,
): Promise<string> {
  const url = `${source.url}/amd64-usr/${image.version ?? 'current'}/version.txt`;
  const hint =
    image.version === undefined
      ? `Is this a Flatcar release server? Check image.channel and image.mirror.`
      : `Does channel ${image.channel} have version ${image.version}? Check image.version.`;
  const text = Buffer.from(await server.smallFile(url, hint)).toString('utf8');
  const version = /^FLATCAR_VERSION=([0-9]+(?:\.[0-9]+)+)\s*$/m.exec(text)?.[1];
  if (version === undefined) {
    throw new ReleaseNotFound(`${url} names no FLATCAR_VERSION. ${hint}`);
  }
  if (image.version !== undefined && image.version !== version) {
    throw new SignatureRefused(
      `${url} says ${version}, but ${image.version} was asked for. Nothing was changed.`,
    );
  }
  return version;
}

function releaseSource(image: ImageSpec, mirrors: Record<string, Mirror>): Source {
  const pin = image.signedBy;
  if (image.mirror === undefined) {
    const url = filledIn(flatcarServer, image);
    return { url, fingerprint: pin ?? flatcarKey.fingerprint, key: keyBeside(url, pin) };
  }
  const named = Object.hasOwn(mirrors, image.mirror) ? mirrors[image.mirror] : undefined;
  if (named !== undefined) {
    const url = filledIn(named.url, image);
    return { url, fingerprint: pin ?? named.signedBy, key: filledIn(named.key, image) };
  }
  if (!/^https?:\/\//.test(image.mirror)) {
    const known = Object.keys(mirrors).join(', ') || 'none';
    throw new ReleaseNotFound(
      `image.mirror ${image.mirror} is neither a URL nor in the worker's mirrors.yaml ` +
        `(there: ${known}). Nothing was changed.`,
    );
  }
  const url = filledIn(image.mirror, image);
  return { url, fingerprint: pin ?? flatcarKey.fingerprint, key: keyBeside(url, pin) };
}

/** Flatcar's key comes from Flatcar; another one lies beside the releases that it signs. */
function keyBeside(url: string, pin: string | undefined): string {
  const ours =
    pin === undefined || pin.replaceAll(' ', '').toUpperCase() === flatcarKey.fingerprint;
  return ours ? flatcarKey.url : `${url}/Flatcar_Image_Signing_Key.asc`;
}

function filledIn(url: string, image: ImageSpec): string {
  return url.replaceAll('{channel}', image.channel).replace(/\/+$/, '');
}

/** Its content need not be trusted: what counts is the fingerprint. */
async function keyFile(server: ReleaseServer, key: string): Promise<Uint8Array> {
  const hint =
    'The key that signs the releases must be there; or name the mirror in mirrors.yaml, with key.';
  if (/^https?:\/\//.test(key)) return server.smallFile(key, hint);
  try {
    return await readFile(key);
  } catch (cause) {
    throw new ReleaseNotFound(`${key} cannot be read. ${hint}`, { cause });
  }
}
