/** One argument as a POSIX shell reads it back, byte for byte. Throws on NUL: no argv holds it. */
function quoteArgument(argument: string): string {
  if (argument.includes('\0')) throw new RangeError('an argument cannot contain a NUL byte');
  return `'${argument.replaceAll("'", `'\\''`)}'`;
}

/** A command line for the login shell of the server: the only place where one is made. */
export function quoteCommand(argv: string[]): string {
  if (argv.length === 0) throw new RangeError('a command needs at least a program');
  return argv.map(quoteArgument).join(' ');
}
