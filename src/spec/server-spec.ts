import { z } from 'zod';

import { layoutProblems } from './layout-rules.ts';
import { defaultLadder, rungs, rungsMax } from './rungs.ts';
import { parseDurationMs, parseSizeBytes } from './units.ts';

/** A value of the wrong type, told with the way to write it; a missing one is just missing. */
function writtenLike(example: string): z.core.$ZodErrorMap {
  return ({ input }) =>
    input === undefined || input === null ? undefined : `write it like ${example}`;
}

/** A size as a person writes it (`100GiB`, `1TiB`, `500GB`), in bytes once parsed. */
const size = z
  .string({ error: writtenLike('100GiB, 1TiB or 500GB') })
  .meta({
    description: 'A size with its unit, like 100GiB (powers of 1024) or 500GB (powers of 1000)',
    // Here and not at the keys: what is transformed loses its examples on the way to JSON Schema.
    examples: ['100GiB', '500GB'],
  })
  .transform((text, context) => parsed(() => parseSizeBytes(text), context));

/** A duration as a person writes it (`40m`, `90s`, `2h`), in milliseconds once parsed. */
const duration = z
  .string({ error: writtenLike('90s, 40m or 2h') })
  .meta({
    description: 'A duration with its unit, like 90s, 40m or 2h',
    examples: ['40m', '1h'],
  })
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

const provider = z
  .strictObject({
    kind: z.enum(['ovh']).describe('Which provider rents the server'),
    service: z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9.-]*$/,
        'a service name holds letters, digits, dots and hyphens',
      )
      .meta({
        description: "The provider's own name of the server",
        examples: ['ns3012345.ip-5-39-80.eu'],
      }),
    account: z.string().meta({
      description: "The account that rents it: an entry of the worker's credentials.yaml",
      examples: ['kimsufi'],
    }),
  })
  .describe('Who rents the server out, and how to call them');

const image = z
  .strictObject({
    os: z.enum(['flatcar']).describe('The operating system'),
    channel: z
      .enum(['stable', 'beta', 'alpha', 'lts'])
      .default('stable')
      .describe('The release channel, whose newest release is installed'),
    version: z
      .string()
      .regex(/^[0-9]+(\.[0-9]+)+$/, 'a version looks like 4593.2.4')
      .optional()
      .meta({
        description: 'An exact release instead of the newest of the channel',
        examples: ['4593.2.4'],
      }),
    mirror: z
      .string()
      .optional()
      .meta({
        description:
          "Another release server: a URL with {channel}, or a name in the worker's mirrors.yaml",
        examples: ['https://mirror.example.org/flatcar/{channel}', 'office'],
      }),
    signedBy: z
      .string()
      .regex(/^[0-9A-Fa-f ]{40,50}$/, 'the fingerprint of a primary OpenPGP key, 40 hex digits')
      .optional()
      .describe('Fingerprint of the primary OpenPGP key to trust instead of that of Flatcar'),
  })
  .describe('What is installed; its signature is checked before anything is written');

const config = z
  .strictObject({
    ignition: z
      .string()
      .optional()
      .meta({ description: 'Path of an Ignition config (JSON)', examples: ['core1.ign'] }),
    butane: z
      .string()
      .optional()
      .meta({
        description: 'Path of a Butane config (YAML); needs the program butane',
        examples: ['core1.bu'],
      }),
    cloudConfig: z
      .string()
      .optional()
      .meta({
        description: 'Path of a legacy coreos-cloudinit config',
        examples: ['core1.cloud-config.yaml'],
      }),
  })
  .refine((value) => Object.values(value).filter((path) => path !== undefined).length <= 1, {
    message: 'give one of ignition, butane and cloudConfig',
  })
  .meta({
    description: 'Your machine config: at most one of these, its path relative to the spec',
    maxProperties: 1,
  });

const disk = z
  .union(
    [
      z.strictObject({
        serial: z
          .string()
          .min(1)
          .meta({
            description: "The disk's serial number, as lsblk or the provider shows it",
            examples: ['WD-WCC4E0XXXXXX'],
          }),
      }),
      z.strictObject({
        wwn: z
          .string()
          .min(1)
          .meta({ description: "The disk's World Wide Name", examples: ['0x50014ee2b0000001'] }),
      }),
      z.strictObject({
        only: z.literal(true).describe('The one disk that the server has; two are refused'),
      }),
    ],
    {
      error:
        'say which disk in one of three ways: { serial: TEXT }, { wwn: TEXT }, or ' +
        '{ only: true } when the server has exactly one',
    },
  )
  .describe('Which disk: by serial, by wwn, or the only one the server has');

const partition = z
  .strictObject({
    name: name.meta({
      description: "The partition's name and its filesystem's label, at most 16 letters",
      examples: ['data'],
    }),
    size: z
      .union(
        [z.literal('rest').describe('Everything that is left; one partition may ask for it'), size],
        { error: writtenLike('100GiB, 500GB, or rest') },
      )
      .describe('How large: a size, or rest for everything that is left'),
    filesystem: z.enum(['ext4', 'btrfs']).describe('What it is formatted with'),
    mount: z
      .string()
      .regex(/^\/[A-Za-z0-9._/-]*[A-Za-z0-9._-]$/, 'an absolute path without spaces')
      .optional()
      .meta({
        description: 'Where the installed system mounts it; without it, not at all',
        examples: ['/srv/data', '/var/lib/docker'],
      }),
  })
  .describe('A partition behind ROOT');

const layout = z
  .strictObject({
    apply: z
      .enum(['presize', 'shrink'])
      .default('presize')
      .describe('presize: before the first boot, 2 boots; shrink: after it, 4 boots'),
    root: size.describe('The size of ROOT; its filesystem fills it'),
    partitions: z
      .array(partition)
      .max(16)
      .default([])
      .describe('What comes behind ROOT, in the order on the disk'),
  })
  .superRefine(({ partitions }, context) => {
    for (const problem of layoutProblems(partitions)) {
      context.addIssue({ code: 'custom', ...problem });
    }
  });

const ssh = z
  .strictObject({
    port: z
      .number()
      .int()
      .min(1)
      .max(65535)
      .default(22)
      .describe("The port of the server's SSH, in the rescue system and in the installed one"),
    authorizedKeys: z
      .array(z.string().describe('An OpenSSH public key, or the path of a file with some'))
      .default([])
      .meta({
        description: 'Public keys, or paths of public key files, that may log in as core',
        examples: [['~/.ssh/id_ed25519.pub']],
      }),
  })
  .prefault({})
  .describe('How the server is logged in to');

const rescue = z
  .strictObject({
    image: z
      .string()
      .optional()
      .describe("Another rescue kernel than the provider's newest, by the provider's name of it"),
    giveUpAfter: duration
      .prefault('40m')
      .describe('How long a rescue boot may stay silent before the next rung is tried'),
    ladder: z
      .array(
        z
          .enum(rungs)
          .describe(
            'in-band-reboot: from inside a system that knows us; hard-reset: by the provider; ' +
              're-arm: boot target written anew, then a hard reset; other-image: the next rescue ' +
              'kernel of the provider, then a hard reset',
          ),
      )
      .min(1)
      .max(rungsMax)
      .default([...defaultLadder])
      .meta({
        description: 'What is tried when rescue does not come up, in this order; then a person',
        examples: [['in-band-reboot', 'hard-reset', 're-arm', 'other-image']],
      }),
  })
  .prefault({})
  .describe("The provider's rescue system");

/** The spec file of one server, as written. Defaults are filled in, sizes are bytes. */
export const specFileSchema = z.strictObject({
  server: name.meta({
    description: 'Your own name of the server; becomes its host name',
    examples: ['core1'],
  }),
  provider,
  image,
  config: config.prefault({}),
  disk,
  ssh,
  layout: layout.optional().describe('How the disk is divided. Without it, ROOT takes all of it'),
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
export type ServerSpec = Omit<SpecFile, 'config' | 'ssh' | 'rescue'> & {
  config: UserConfig;
  /** A run that an older ironstep has started knows no ladder. */
  rescue: Omit<SpecFile['rescue'], 'ladder'> & { ladder?: SpecFile['rescue']['ladder'] };
  ssh: { port: number; authorizedKeys: string[] };
};

export type DiskSelector = SpecFile['disk'];
export type LayoutSpec = NonNullable<SpecFile['layout']>;
export type ImageSpec = SpecFile['image'];
