import { stateFolder } from '../xdg.ts';
import type { DevOptions } from './dev.ts';
import { devFile } from './dev-status.ts';
import type { DevChild, DevStatus } from './dev-status.ts';
import { ownProgram } from './own-program.ts';
import type { CommandLine } from './own-program.ts';
import type { ChildPlan } from './supervised-child.ts';
import { temporalServerCommand } from './temporal-server.ts';

/** The ports of 127.0.0.1 that one `dev` uses. */
export type DevPorts = { port: number; uiPort: number; codecPort: number };

/** What each process of `dev` is; who hears of it is added by `dev`. */
export type DevChildPlan = Omit<ChildPlan, 'onPid' | 'log'>;

/** A worker may be in the middle of an SSH command; the others have nothing to finish. */
const graceMs = { worker: 30_000, codec: 5_000, temporal: 10_000 };

/** The processes of `dev`. `temporalProgram` is the Temporal CLI. */
export function devChildPlans(
  temporalProgram: string,
  ports: DevPorts,
  status: DevStatus,
  options: Pick<DevOptions, 'configFolder' | 'metrics' | 'workerCommand'>,
): Record<DevChild, DevChildPlan> {
  const databasePath = stateFolder('dev', 'temporal.db');
  const { codecPort, uiPort } = ports;
  return {
    temporal: plan(
      'temporal',
      temporalServerCommand({ program: temporalProgram, databasePath, ...ports }),
      quietEnv(),
    ),
    codec: plan(
      'codec',
      ownProgram(
        'cli/main',
        ...['codec', '--listen', `127.0.0.1:${codecPort}`],
        ...['--ui', `http://127.0.0.1:${uiPort}`, `http://localhost:${uiPort}`],
      ),
      quietEnv(),
    ),
    worker: plan('worker', options.workerCommand ?? ourWorker(options), workerEnv(status)),
  };
}

function plan(name: DevChild, command: CommandLine, env: NodeJS.ProcessEnv): DevChildPlan {
  return {
    name,
    command,
    env,
    logPath: devFile(`${name}.log`),
    pidPath: devFile(`${name}.pid`),
    graceMs: graceMs[name],
  };
}

function ourWorker({
  configFolder,
  metrics,
}: Pick<DevOptions, 'configFolder' | 'metrics'>): CommandLine {
  return ownProgram(
    ...(['cli/main', 'worker'] as const),
    ...(configFolder === undefined ? [] : ['--config', configFolder]),
    ...(metrics === undefined ? [] : ['--metrics', metrics]),
  );
}

/** Temporal and the codec server need no credentials that may be in our environment. */
function quietEnv(): NodeJS.ProcessEnv {
  const needed = /^(PATH|HOME|TMPDIR|LANG|TZ|XDG_.*)$/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => needed.test(name)));
}

/**
 * The worker of `dev` talks to the Temporal of `dev`, whatever the environment or a Temporal
 * profile says about another one; its TLS settings must not apply here either.
 */
function workerEnv({ address, namespace }: DevStatus): NodeJS.ProcessEnv {
  const env = Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_'));
  return {
    ...Object.fromEntries(env),
    // One that is not there: an empty one crashes envconfig 1.24.
    TEMPORAL_CONFIG_FILE: stateFolder('dev', 'no-profile.toml'),
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
  };
}
