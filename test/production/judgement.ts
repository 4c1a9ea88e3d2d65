import { isDeepStrictEqual } from 'node:util';

import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';

import type { LabServerView } from '../../lab/server-view.ts';
import type { LiveStatus } from '../../src/client/live-status.ts';
import { payloadToJson } from '../../src/codec/payload-envelope.ts';
import type { JsonPayload } from '../../src/codec/payload-envelope.ts';
import type { Ended } from '../lab/instance.ts';
import type { Outage } from './outage.ts';
import type { Topology } from './topology.ts';

/** What a person is promised, also while QEMU keeps the CPUs busy. */
const saidWithinMs = 5_000;
/** Who follows a run asks every second, and waits 4 s for each answer. */
const watchSaysWithinMs = 10_000;
/** A line of a stack trace. */
const stackLine = /^\s+at .+[:(]/m;

/** What one run on the topology came to. */
export type Seen = {
  before: LabServerView;
  after: LabServerView;
  status: LiveStatus;
  /** The `ironstep provision` that followed the run all the time. */
  followed: Ended;
  outages: Outage[];
  topology: Topology;
  history: HistoryFacts;
  /** POSTs of a reboot that the provider's API has got. */
  resets: number;
};

/** Of the run's workflow, as Temporal has it after all the kills. */
export type HistoryFacts = {
  executions: number;
  events: number;
  /** Event ids are 1, 2, 3 … and the last event is the completion. */
  continuous: boolean;
  /** What started the run is not readable in Temporal, and is after the codec server. */
  encrypted: boolean;
};

/** What `-- --json` prints as its last line. */
export type Figures = {
  ok: boolean;
  kills: number;
  phases: string[];
  jobsStartedTwice: number;
  settingsRestored: boolean;
  seconds: number;
};

/** Everything that is not as it must be, in words; empty when all is well. */
export function complaintsAbout(seen: Seen): string[] {
  const { status, followed, topology, history, outages } = seen;
  const complaints: string[] = [];
  const must = (holds: boolean, otherwise: string) => void (holds || complaints.push(otherwise));
  must(status.state === 'ready' && status.report?.ok === true, `the run ended ${status.state}`);
  must(followed.exitCode === 0, `provision ended with ${followed.exitCode}: ${followed.stderr}`);
  const repeated = status.timeline.filter(({ attempt }) => attempt > 1).map(({ phase }) => phase);
  const phases = phasesOf(status);
  must(repeated.length === 0, `repeated: ${repeated.join(', ')}`);
  must(new Set(phases).size === phases.length, `a phase ran twice: ${phases.join(', ')}`);
  must(startedTwice(status) === 0, 'a job was started more than once');
  must(seen.resets === 1, `${seen.resets} resets were sent instead of one`);
  must(settingsRestored(seen), "the provider's settings are not back");
  must(history.executions === 1, `${history.executions} workflows instead of one`);
  must(history.continuous, 'the history has gaps');
  must(history.encrypted, 'the history is not readable by the codec server alone');
  for (const service of [topology.temporal, topology.postgres.service]) {
    const kills = outages.filter(({ what }) => what.toLowerCase().startsWith(service.name)).length;
    must(service.ends.length === kills, `${service.name} ended by itself: ${service.ends.at(-1)}`);
  }
  for (const service of [topology.worker, topology.codec]) {
    must(service.ends.length === 0, `${service.name} ended: ${service.ends.at(-1)}`);
    must(!stackLine.test(service.log()), `the log of ${service.name} has a stack trace`);
  }
  const told = followed.stdout + followed.stderr;
  must(!stackLine.test(told), 'provision showed a stack trace');
  for (const outage of outages) complaints.push(...complaintsAboutWords(outage));
  return complaints;
}

function complaintsAboutWords(outage: Outage): string[] {
  const { what, said, exitCode, saidAfterMs, watchSaidAfterMs } = outage;
  const words = what === 'Temporal' ? 'Temporal does not answer' : 'answers, but cannot work';
  const fits = exitCode === 4 && said.includes(words) && !stackLine.test(said);
  return [
    ...(fits ? [] : [`without ${what} status said (exit code ${exitCode}): ${said}`]),
    ...(saidAfterMs <= saidWithinMs ? [] : [`without ${what} status took ${saidAfterMs} ms`]),
    ...(watchSaidAfterMs !== null && watchSaidAfterMs <= watchSaysWithinMs
      ? []
      : [`who followed the run heard of the loss of ${what} after ${watchSaidAfterMs} ms`]),
  ];
}

export function phasesOf({ timeline }: LiveStatus): string[] {
  return timeline.map(({ phase }) => phase);
}

export function startedTwice({ report }: LiveStatus): number {
  return report?.jobs.filter(({ starts }) => starts !== 1).length ?? 0;
}

export function settingsRestored({ before, after, status }: Seen): boolean {
  const same = isDeepStrictEqual(before.settings, after.settings);
  return same && status.report?.settingsRestored === true;
}

/** What Temporal kept of a workflow id, and what the codec server makes of it. */
export async function historyFacts(
  client: Client,
  workflowId: string,
  codecUrl: string,
): Promise<HistoryFacts> {
  let executions = 0;
  for await (const _ of client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) {
    executions += 1;
  }
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const ids = events?.map(({ eventId }) => Number(eventId)) ?? [];
  const completed = events?.at(-1)?.workflowExecutionCompletedEventAttributes;
  const [input] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  const service = workflowId.replace(/^.*\//, '');
  const kept = Buffer.from(input?.data ?? []).toString('latin1');
  const decoded = await decode(codecUrl, input ?? {});
  return {
    executions,
    events: ids.length,
    continuous: ids.every((id, index) => id === index + 1) && Boolean(completed),
    encrypted: !kept.includes(service) && decoded.includes(service),
  };
}

async function decode(codecUrl: string, payload: Payload): Promise<string> {
  const answer = await fetch(`${codecUrl}/decode`, {
    method: 'POST',
    body: JSON.stringify({ payloads: [payloadToJson(payload)] }),
  });
  const { payloads } = (await answer.json()) as { payloads: JsonPayload[] };
  return Buffer.from(payloads[0]?.data ?? '', 'base64').toString();
}
