/** One line of an sshd_config that means something. */
export type SshdOption = {
  /** Lower case: sshd does not mind. */
  keyword: string;
  values: string[];
  /** The criteria of the Match block it is in, or null when it holds for everybody. */
  match: string | null;
};

/**
 * The options of an sshd_config in the order in which sshd reads them, its Includes followed by
 * `included`, which says what the files of a pattern hold.
 */
export function sshdOptions(
  text: string,
  included: (pattern: string) => string[] = () => [],
): SshdOption[] {
  const options: SshdOption[] = [];
  let match: string | null = null;
  for (const line of text.split('\n')) {
    const [keyword, ...values] = words(line);
    if (keyword === undefined) continue;
    if (keyword.toLowerCase() === 'match') {
      match = values.join(' ').toLowerCase() === 'all' ? null : values.join(' ');
    } else if (keyword.toLowerCase() === 'include') {
      for (const inner of values.flatMap(included).flatMap((each) => sshdOptions(each))) {
        options.push({ ...inner, match: inner.match ?? match });
      }
    } else {
      options.push({ keyword: keyword.toLowerCase(), values, match });
    }
  }
  return options;
}

/** What sshd uses for everybody: of most options the first one counts (sshd_config(5)). */
export function globalValues(options: SshdOption[], keyword: string): string[] | null {
  const first = options.find((each) => each.match === null && each.keyword === keyword);
  return first?.values ?? null;
}

/** What Match blocks that may be about `user` say instead. */
export function matchedValues(options: SshdOption[], keyword: string, user: string): string[][] {
  return options
    .filter((each) => each.keyword === keyword && each.match !== null)
    .filter((each) => mayMatch(each.match ?? '', user))
    .map((each) => each.values);
}

/** The options that OpenSSH only ignores any more (servconf.c, sDeprecated), as written. */
export function deprecatedOptions(text: string): string[] {
  return text
    .split('\n')
    .flatMap((line) => words(line)[0] ?? [])
    .filter((keyword) => deprecated.has(keyword.toLowerCase()));
}

const deprecated = new Set([
  'authorizedkeysfile2',
  'keyregenerationinterval',
  'protocol',
  'rhostsauthentication',
  'rhostsrsaauthentication',
  'rsaauthentication',
  'serverkeybits',
  'uselogin',
  'useprivilegeseparation',
  'verifyreversemapping',
]);

/** Only `User` with plain names excludes somebody for sure; everything else may be about them. */
function mayMatch(criteria: string, user: string): boolean {
  const [kind, names, ...more] = criteria.split(/[\s=]+/);
  const certain = kind?.toLowerCase() === 'user' && more.length === 0 && !/[*?!]/.test(names ?? '');
  return !certain || (names ?? '').split(',').includes(user);
}

/** `Keyword value "quoted value" # comment`, or `Keyword=value`. */
function words(line: string): string[] {
  const found = line.trim().matchAll(/"([^"]*)"|#.*|[^\s"=#][^\s"]*?(?==)|[^\s"=#][^\s"]*/g);
  return [...found].map((each) => each[1] ?? each[0]).filter((word) => !word.startsWith('#'));
}
