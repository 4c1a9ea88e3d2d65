import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs a program with our terminal and returns its exit code. Rejects with ENOENT when there is no
 * such program.
 */
export async function runInForeground(program: string, args: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit' });
  // The terminal sends Ctrl-C to both of us; the child decides what it means.
  const stay = () => undefined;
  process.on('SIGINT', stay);
  const pass = () => child.kill('SIGTERM');
  process.on('SIGTERM', pass);
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    return code ?? (signal === 'SIGINT' ? 130 : 1);
  } finally {
    process.off('SIGINT', stay);
    process.off('SIGTERM', pass);
  }
}
