import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { ownProgram } from '../../src/dev/own-program.ts';
import { ensureTemporalCli } from '../../src/toolchain/temporal-cli.ts';
import { lowPorts } from './low-ports.ts';
import { startPostgres, type Postgres } from './postgres.ts';
import { Service } from './service.ts';
import { ensureTemporalPrograms } from './temporal-programs.ts';

const run = promisify(execFile);
const deploy = fileURLToPath(new URL('../../deploy/temporal/', import.meta.url));

/** What docker-compose.yml starts in containers, as processes of this machine. */
export type Topology = {
  address: string;
  namespace: string;
  codecUrl: string;
  postgres: Postgres;
  temporal: Service;
  codec: Service;
  worker: Service;
  versions: { temporal: string; postgres: string };
  stop: () => Promise<void>;
};

/**
 * Starts PostgreSQL, the production Temporal on it, the codec server and a worker; the schema, the
 * namespace and its search attributes are made by the scripts of deploy/. `folder`: where their
 * logs go; `configFolder`: the worker's accounts and mirrors. Throws TemporalNotBuilt.
 */
export async function startTopology(folder: string, configFolder: string): Promise<Topology> {
  const home = join(folder, 'topology');
  mkdirSync(home, { mode: 0o700 });
  const programs = await ensureTemporalPrograms(() => undefined);
  const ports = await lowPorts(10);
  const [postgresPort = 0, codecPort = 0, ...temporalPorts] = ports;
  const address = `127.0.0.1:${temporalPorts[0]}`;
  const namespace = 'ironstep';
  const started: Service[] = [];
  const start = (service: Service): Service => {
    started.push(service);
    return service;
  };
  const postgres = await startPostgres(home, postgresPort);
  start(postgres.service);
  const stop = async (): Promise<void> => {
    for (const service of started.toReversed()) await service.stop();
    postgres.remove();
  };
  try {
    const setUp = await setUpScript(home, programs.folder, postgres, { address, namespace });
    await setUp('schema');
    const env = serverEnvironment(postgres, temporalPorts);
    const command = [join(programs.folder, 'temporal-server')] as const;
    const configuration = ['--config-file', join(deploy, 'server.yaml'), '--allow-no-auth'];
    const temporal = start(
      new Service({
        ...{ name: 'temporal', folder: home, env },
        command: [...command, ...configuration, 'start'],
      }),
    );
    await setUp('namespace');
    const own = { ...process.env, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace };
    const codec = start(
      new Service({
        ...{ name: 'codec', folder: home, env: own },
        command: ownProgram('cli/main', 'codec', '--listen', `127.0.0.1:${codecPort}`),
      }),
    );
    const worker = start(
      new Service({
        ...{ name: 'worker', folder: home, env: own },
        command: ownProgram('cli/main', 'worker', '--config', configFolder),
      }),
    );
    const versions = { temporal: programs.version, postgres: postgres.version };
    const codecUrl = `http://127.0.0.1:${codecPort}`;
    return { address, namespace, codecUrl, postgres, temporal, codec, worker, versions, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** deploy/temporal/setup.sh with what a container would give it. */
async function setUpScript(
  home: string,
  programs: string,
  postgres: Postgres,
  { address, namespace }: { address: string; namespace: string },
): Promise<(part: 'schema' | 'namespace') => Promise<void>> {
  // The CLI may have another name where it is.
  const own = join(home, 'programs');
  mkdirSync(own);
  symlinkSync((await ensureTemporalCli()).path, join(own, 'temporal'));
  const env = {
    PATH: `${own}:${programs}:${process.env['PATH']}`,
    SQL_HOST: '127.0.0.1',
    SQL_PORT: `${postgres.port}`,
    SQL_USER: postgres.user,
    SQL_PASSWORD_FILE: postgres.passwordFile,
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
  };
  return async (part) => {
    await run('sh', [join(deploy, 'setup.sh'), part], { env });
  };
}

/** The variables of the container: only that everything is on loopback, on ports that are free. */
function serverEnvironment(postgres: Postgres, ports: number[]): NodeJS.ProcessEnv {
  const [frontend, frontendMember, matching, matchingMember, ...others] = ports.map(String);
  const [history, historyMember, worker, workerMember] = others;
  return {
    PATH: process.env['PATH'],
    POSTGRES_SEEDS: '127.0.0.1',
    DB_PORT: `${postgres.port}`,
    POSTGRES_USER: postgres.user,
    POSTGRES_PASSWORD_FILE: postgres.passwordFile,
    BIND_ON_IP: '127.0.0.1',
    TEMPORAL_BROADCAST_ADDRESS: '127.0.0.1',
    FRONTEND_GRPC_PORT: frontend,
    FRONTEND_MEMBERSHIP_PORT: frontendMember,
    MATCHING_GRPC_PORT: matching,
    MATCHING_MEMBERSHIP_PORT: matchingMember,
    HISTORY_GRPC_PORT: history,
    HISTORY_MEMBERSHIP_PORT: historyMember,
    WORKER_GRPC_PORT: worker,
    WORKER_MEMBERSHIP_PORT: workerMember,
  };
}
