import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * An exclusive lock between processes that the kernel gives back whatever becomes of this one:
 * `flock` holds it for as long as its standard input is open. Returns the function that unlocks.
 */
export async function lockFile(file: string): Promise<() => void> {
  const holder = spawn('flock', [file, 'sh', '-c', 'echo locked; cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  return () => void holder.stdin.end();
}
