import { parseArgs } from 'node:util';

import { Client, Connection } from '@temporalio/client';
import { stringify } from 'yaml';

import { makeDemoKey } from '../../lab/demo-key.ts';
import { serverWorkflowId } from '../../src/contract.ts';
import { Instance } from '../lab/instance.ts';
import {
  complaintsAbout,
  historyFacts,
  phasesOf,
  settingsRestored,
  startedTwice,
} from './judgement.ts';
import type { Figures, Seen } from './judgement.ts';
import { strike } from './outage.ts';
import type { Outage, PlannedOutage } from './outage.ts';
import { startTopology } from './topology.ts';
import type { Topology } from './topology.ts';

/*
 * `npm run test:production`: what a team runs (docker-compose.yml), as processes of this machine:
 * the production Temporal on PostgreSQL, codec server, worker and CLI. One lab machine is
 * provisioned while PostgreSQL and Temporal are killed.
 */

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const say = (line: string): void =>
  void (values.json ? process.stderr : process.stdout).write(`${line}\n`);

process.exitCode = await main();

async function main(): Promise<number> {
  const beganMs = performance.now();
  let topology: Topology | undefined;
  const instance = await Instance.start({
    net: '127.0.86',
    servers: 'core1:KS-2c',
    temporal: async (folder, configFolder) => {
      topology = await startTopology(folder, configFolder);
      process.env['TEMPORAL_ADDRESS'] = topology.address;
      process.env['TEMPORAL_NAMESPACE'] = topology.namespace;
      return topology;
    },
  });
  try {
    if (topology === undefined) throw new Error('the instance started another Temporal');
    const { temporal, postgres } = topology.versions;
    say(`Temporal ${temporal} on PostgreSQL ${postgres}, codec server, worker and CLI; one server`);
    const seen = await disturbedRun(instance, topology);
    const complaints = complaintsAbout(seen);
    for (const line of [...table(seen), ...complaints.map((each) => `✘ ${each}`)]) say(line);
    const figures: Figures = {
      ok: complaints.length === 0,
      kills: seen.outages.length,
      phases: phasesOf(seen.status),
      jobsStartedTwice: startedTwice(seen.status),
      settingsRestored: settingsRestored(seen),
      seconds: seconds(performance.now() - beganMs),
    };
    if (values.json) process.stdout.write(`${JSON.stringify(figures)}\n`);
    else say(figures.ok ? `passed in ${figures.seconds}s` : 'failed');
    return figures.ok ? 0 : 1;
  } finally {
    await instance.stop();
  }
}

/** Each service dies twice: while the server boots, and while a job writes to its disk. */
async function disturbedRun(instance: Instance, topology: Topology): Promise<Seen> {
  const server = instance.lab.server('core1');
  const before = await server.status();
  const spec = await writeSpec(instance);
  const provision = instance.begin('provision', spec, '--wipe', before.disks[0]?.serial ?? '');
  const postgres = { what: 'PostgreSQL', service: topology.postgres.service } as const;
  const temporal = { what: 'Temporal', service: topology.temporal } as const;
  const plan: PlannedOutage[] = [
    { ...postgres, phase: 'rescue' },
    { ...temporal, phase: 'install' },
    { ...postgres, phase: 'install', label: /writing/ },
    { ...temporal, phase: 'boot' },
  ];
  const outages: Outage[] = [];
  for (const planned of plan) {
    outages.push(await strike(instance, provision.said, planned));
    say(`  ${planned.what} was killed during ${planned.phase}`);
  }
  const followed = await provision.ended;
  const journal = await instance.lab.journal();
  return {
    ...{ before, outages, topology, followed },
    after: await server.status(),
    status: await instance.status('core1'),
    history: await factsOf(topology, serverWorkflowId('ovh', server.service)),
    resets: journal.filter(({ method, path }) => method === 'POST' && /reboot/.test(path)).length,
  };
}

async function writeSpec(instance: Instance): Promise<string> {
  const { service, sshPort } = instance.lab.server('core1');
  await makeDemoKey(`${instance.folder}/demo`);
  const spec = {
    server: 'core1',
    provider: { kind: 'ovh', service, account: 'lab' },
    image: { os: 'flatcar', mirror: 'lab' },
    disk: { only: true },
    ssh: { port: sshPort, authorizedKeys: ['demo.pub'] },
    layout: {
      apply: 'presize',
      root: '20GiB',
      partitions: [{ name: 'data', size: 'rest', filesystem: 'ext4', mount: '/srv/data' }],
    },
  };
  return instance.file('core1.yaml', stringify(spec));
}

async function factsOf({ address, namespace, codecUrl }: Topology, workflowId: string) {
  const connection = await Connection.connect({ address });
  try {
    return await historyFacts(new Client({ connection, namespace }), workflowId, codecUrl);
  } finally {
    await connection.close();
  }
}

function table({ outages, status, history }: Seen): string[] {
  const rows = outages.map((outage) => [
    ...[outage.what, outage.phase, inSeconds(outage.awayMs)],
    ...[outage.watchSaidAfterMs, outage.saidAfterMs, outage.answeredAfterMs].map(inSeconds),
  ]);
  const heads = ['KILLED', 'DURING', 'AWAY', 'WATCH SAID SO', 'STATUS SAID SO', 'BACK'];
  const all = [heads, ...rows];
  const widths = heads.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '),
  );
  const boots = status.report?.boots;
  return [
    ...lines,
    `phases: ${phasesOf(status).join(', ')}; ${boots} boots, ${history.events} events`,
  ];
}

function inSeconds(ms: number | null): string {
  return ms === null ? '-' : `${(ms / 1000).toFixed(1)}s`;
}

function seconds(ms: number): number {
  return Math.round(ms / 1000);
}
