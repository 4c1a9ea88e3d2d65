import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { NeedsPerson, root, run, say, spent } from './step.mjs';

/** What a login of Debian has; the PATH of root names folders that others may not open. */
const path = '/usr/local/bin:/usr/bin:/bin';

/**
 * Makes an ordinary user with a fresh clone of HEAD, runs each of these npm command lines as them,
 * and removes the user with all that is theirs. Nothing of root is shared but installed Debian
 * packages and the settings of npm and pip in the environment. Returns the first exit code that is
 * not 0. Throws NeedsPerson when this is not root.
 */
export async function asOrdinaryUser(commands) {
  if (process.getuid() !== 0) {
    throw new NeedsPerson('Only root can make a user to try this as: sudo npm run test:user');
  }
  const user = `ironstep-${process.pid}`;
  // useradd adds subordinate ids, which image builds need, where /etc/subuid exists.
  execFileSync('useradd', ['--create-home', '--shell', '/bin/bash', user]);
  const home = join('/home', user);
  const clone = join(home, 'ironstep');
  try {
    execFileSync('git', ['clone', '--quiet', '--no-hardlinks', root, clone]);
    execFileSync('chown', ['--recursive', `${user}:`, clone]);
    say(`✔ user ${user} with a clone of HEAD; what is not committed is not in it`);
    for (const command of commands) {
      const beganMs = performance.now();
      const line = ['setpriv', '--reuid', user, '--regid', user, '--init-groups', '--', ...command];
      const environment = environmentOf(user, home);
      const { code } = await run('env', ['-i', ...environment, ...line], {
        stream: true,
        cwd: clone,
      });
      say(`${code === 0 ? '✔' : '✘'} ${command.join(' ')} as ${user}: ${spent(beganMs)}`);
      if (code !== 0) return code;
    }
    return 0;
  } finally {
    removeUser(user);
  }
}

/** Ours, as far as it says how packages are fetched; theirs otherwise. */
function environmentOf(user, home) {
  const kept = /^(PIP_|NODE_EXTRA_CA_CERTS|SSL_CERT|REQUESTS_CA|HTTPS?_PROXY|NO_PROXY|LANG|TERM)/i;
  const ours = Object.entries(process.env).filter(([name]) => kept.test(name));
  const theirs = { PATH: path, HOME: home, USER: user, LOGNAME: user };
  return [...ours, ...Object.entries(theirs)].map(([name, value]) => `${name}=${value}`);
}

/** A demo that was cut off leaves a lab and Temporal running. */
function removeUser(user) {
  for (const pid of processesOf(user)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      // It ended by itself in between.
      if (error.code !== 'ESRCH') throw error;
    }
  }
  // --force: a process that was just killed may still be listed.
  execFileSync('userdel', ['--force', '--remove', user], { stdio: 'ignore' });
}

function processesOf(user) {
  const { stdout } = spawnSync('ps', ['-u', user, '-o', 'pid='], { encoding: 'utf8' });
  return stdout.split('\n').map(Number).filter(Boolean);
}
