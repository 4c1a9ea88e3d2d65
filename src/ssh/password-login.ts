import type { AnyAuthMethod, AuthHandlerMiddleware } from 'ssh2';
import { openConnection } from './connection.ts';
import type { ConnectOptions, SshConnection, SshTarget } from './connection.ts';
import { SshPasswordRefused } from './errors.ts';

/** Where to log in with a password. It is in no message, and goes to `host` only. */
export type PasswordTarget = Omit<SshTarget, 'privateKey'> & { password: string };

/**
 * Logs in by password, which is sent once: by the method `password`, or by `keyboard-interactive`
 * where the server has only that (PAM). A server that takes none is shown none.
 *
 * @throws SshUnreachable, SshHostKeyMismatch, SshPasswordRefused; the signal's reason on abort.
 */
export async function connectWithPassword(
  target: PasswordTarget,
  options: ConnectOptions,
): Promise<SshConnection> {
  const { host, port, user } = target;
  const said: { offered: string[]; sent: boolean } = { offered: [], sent: false };
  return openConnection(target, options, {
    config: { tryKeyboard: true, authHandler: sendOnce(target, said) },
    refused: (_hostKey, cause) =>
      new SshPasswordRefused(`${host}:${port}`, user, said.sent ? null : said.offered, { cause }),
  });
}

/** First `none`, by which the server tells what it takes; then the password; then no more. */
function sendOnce(
  { user, password }: PasswordTarget,
  said: { offered: string[]; sent: boolean },
): AuthHandlerMiddleware {
  let asked = false;
  return (left, _partial, next) => {
    if (!asked) {
      asked = true;
      return next('none');
    }
    const method = said.sent ? null : methodFor(left ?? [], user, password);
    if (!said.sent) said.offered = [...(left ?? [])];
    said.sent ||= method !== null;
    // ssh2 gives up on `false`, which its types do not know.
    return next(method ?? (false as never));
  };
}

function methodFor(offered: string[], username: string, password: string): AnyAuthMethod | null {
  if (offered.includes('password')) return { type: 'password', username, password };
  if (!offered.includes('keyboard-interactive')) return null;
  let answered = false;
  return {
    type: 'keyboard-interactive',
    username,
    // One hidden prompt is the one for the password; whatever else is asked gets no answer.
    prompt: (_name, _instructions, _language, prompts, finish) => {
      const isPassword = !answered && prompts.length === 1 && prompts[0]?.echo !== true;
      answered ||= isPassword;
      finish(prompts.map(() => (isPassword ? password : '')));
    },
  };
}
