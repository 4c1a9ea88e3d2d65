import { z } from 'zod';

import { layoutProblems } from './layout-rules.ts';
import { parseDurationMs, parseSizeBytes } from './units.ts';

/** A value of the wrong type, told with the way to write it; a missing one is just missing. */
function writtenLike(example: string): z.core.$ZodErrorMap {
  return ({ input }) =>
    input === undefined || input === null ? undefined : `write it like ${example}`;
}

/** A size as a person writes it (`100GiB`, `1TiB`, `500GB`), in bytes once parsed. */
const size = z
  .string({ error: writtenLike('100GiB, 1TiB or 500GB') })
  .describe('A size with its unit, like 100GiB (powers of 1024) or 500GB (powers of 1000)')
  .transform((text, context) => parsed(() => parseSizeBytes(text), context));

/** A duration as a person writes it (`40m`, `90s`, `2h`), in milliseconds once parsed. */
const duration = z
  .string({ error: writtenLike('90s, 40m or 2h') })
  .describe('A duration with its unit, like 90s, 40m or 2h')
  .transform((text, context) => parsed(() => parseDurationMs(text), context));

function parsed(parse: () => number, context: z.RefinementCtx): number {
  try {
    return parse();
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
    return z.NEVER;
  }
}

/** Lower-case letters, digits and hyphens: it becomes a host name and part of file names. */
const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'use lower-case letters, digits and hyphens');

const provider = z.strictObject({
  kind: z.enum(['ovh']).describe('Which provider rents the server'),
  service: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9.-]*$/, 'a service name holds letters, digits, dots and hyphens')
    .describe("The provider's own name of the server, e.g. ns3012345.ip-5-39-80.eu"),
  account: z.string().describe("An entry of the worker's credentials.yaml"),
});

const image = z.strictObject({
  os: z.enum(['flatcar']),
  channel: z.enum(['stable', 'beta', 'alpha', 'lts']).default('stable'),
  version: z
    .string()
    .regex(/^[0-9]+(\.[0-9]+)+$/, 'a version looks like 4593.2.4')
    .optional()
    .describe('An exact release instead of the newest of the channel'),
  mirror: z
    .string()
    .optional()
    .describe(
      "Another release server: a URL with {channel}, or a name in the worker's mirrors.yaml",
    ),
  signedBy: z
    .string()
    .regex(/^[0-9A-Fa-f ]{40,50}$/, 'the fingerprint of a primary OpenPGP key, 40 hex digits')
    .optional()
    .describe('Trust this primary key instead of the one of Flatcar'),
});

const config = z
  .strictObject({
    ignition: z.string().optional().describe('Path of an Ignition config (JSON)'),
    butane: z.string().optional().describe('Path of a Butane config (YAML)'),
    cloudConfig: z.string().optional().describe('Path of a legacy coreos-cloudinit config'),
  })
  .refine((value) => Object.values(value).filter((path) => path !== undefined).length <= 1, {
    message: 'give one of ignition, butane and cloudConfig',
  });

const disk = z
  .union(
    [
      z.strictObject({ serial: z.string().min(1) }),
      z.strictObject({ wwn: z.string().min(1) }),
      z.strictObject({ only: z.literal(true) }),
    ],
    {
      error:
        'say which disk in one of three ways: { serial: TEXT }, { wwn: TEXT }, or ' +
        '{ only: true } when the server has exactly one',
    },
  )
  .describe('Which disk: by serial, by wwn, or the only one the server has');

const partition = z.strictObject({
  name,
  size: z.union([z.literal('rest'), size], { error: writtenLike('100GiB, 500GB, or rest') }),
  filesystem: z.enum(['ext4', 'btrfs']),
  mount: z
    .string()
    .regex(/^\/[A-Za-z0-9._/-]*[A-Za-z0-9._-]$/, 'an absolute path without spaces')
    .optional(),
});

const layout = z
  .strictObject({
    apply: z.enum(['presize', 'shrink']).default('presize'),
    root: size,
    partitions: z.array(partition).max(16).default([]),
  })
  .superRefine(({ partitions }, context) => {
    for (const problem of layoutProblems(partitions)) {
      context.addIssue({ code: 'custom', ...problem });
    }
  });

const ssh = z
  .strictObject({
    port: z.number().int().min(1).max(65535).default(22),
    authorizedKeys: z
      .array(z.string())
      .default([])
      .describe('Public keys, or paths of public key files, that may log in as core'),
  })
  .prefault({});

const rescue = z
  .strictObject({
    image: z.string().optional().describe("Another rescue kernel than the provider's newest"),
    giveUpAfter: duration.prefault('40m'),
  })
  .prefault({});

/** The spec file of one server, as written. Defaults are filled in, sizes are bytes. */
export const specFileSchema = z.strictObject({
  server: name.describe('Your own name of the server; becomes its host name'),
  provider,
  image,
  config: config.prefault({}),
  disk,
  ssh,
  layout: layout.optional().describe('Without it, ROOT takes the whole disk'),
  rescue,
});

/** A spec file after parsing: defaults filled in, sizes in bytes, durations in ms, paths as written. */
export type SpecFile = z.output<typeof specFileSchema>;

/** The user's machine config, its text read from the file that the spec names. */
export type UserConfig =
  { kind: 'none' } | { kind: 'ignition' | 'cloud-config'; file: string; text: string };

/**
 * What a run is asked to make true: the spec file with every file that it names read in, so that
 * it is complete on any worker. A Butane config has been compiled to Ignition by then.
 */
export type ServerSpec = Omit<SpecFile, 'config' | 'ssh'> & {
  config: UserConfig;
  ssh: { port: number; authorizedKeys: string[] };
};

export type DiskSelector = SpecFile['disk'];
export type LayoutSpec = NonNullable<SpecFile['layout']>;
export type ImageSpec = SpecFile['image'];
