import { execFile } from 'node:child_process';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';

/** A plain user is root in a namespace of their own: files of the images belong to many users. */
export const inNamespace = ['unshare', '--user', '--map-root-user', '--map-auto', '--mount'];

/** Why this user cannot have such a namespace, with what an administrator can do; null: they can. */
export async function whyNoNamespace(): Promise<string | null> {
  const [program = '', ...args] = inNamespace;
  try {
    await promisify(execFile)(program, [...args, 'true']);
    return null;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    const { username } = userInfo();
    const ids = '100000-165535';
    return (
      `Building the images as ${username} needs a user namespace with ids of its own, and there ` +
      `is none: ${stderr?.trim() || message}. Nothing was built. An administrator can give ids ` +
      '(others, when these are taken in /etc/subuid), and has to allow user namespaces where the ' +
      `system forbids them:\n\n  sudo usermod --add-subuids ${ids} --add-subgids ${ids} ${username}\n`
    );
  }
}
