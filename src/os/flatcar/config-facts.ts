/** A file that a user's config makes on the installed system. */
export type WrittenFile = {
  path: string;
  /** Null when it cannot be known here: fetched at first boot, appended to, or a link. */
  text: string | null;
  /** sshd reads key files as the user who logs in, and wants nobody else to write them. */
  goodForKeys: boolean;
};

/** What a user's config would do to the system, as far as it matters to us. */
export type ConfigFacts = {
  /** In the order in which they are written: a later one wins. */
  files: WrittenFile[];
  /** Paths of directories, which may stand above our files but not in their place. */
  directories: string[];
  units: { name: string; dropins: string[] }[];
  setsHostname: boolean;
  /** Why the config cannot be used. */
  problems: string[];
  /** What is allowed and probably not meant. */
  warnings: string[];
};

/** Where Container Linux has the home of its user. */
export const coreHome = '/home/core';

/** Nothing known yet. */
export function noFacts(): ConfigFacts {
  return {
    files: [],
    directories: [],
    units: [],
    setsHostname: false,
    problems: [],
    warnings: [],
  };
}

/** Who may use a file for keys: sshd's StrictModes, and reading it as core. */
export function goodForKeys(owner: string | undefined, mode: number): boolean {
  const isCores = owner === 'core' || owner === '500';
  return (mode & 0o022) === 0 && (isCores || (mode & 0o004) !== 0);
}
