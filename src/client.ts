import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import type { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { TypedSearchAttributes } from '@temporalio/common';

import {
  NoSuchRun,
  NoWorker,
  NoWorkerOfVersion,
  RequestRefused,
  RunAlreadyGoing,
  RunOver,
  ServerAmbiguous,
} from './client/client-errors.ts';
import { Questions } from './client/questions.ts';
import type { RunReference } from './client/questions.ts';
import { closedOff } from './client/closed-run.ts';
import { connectClient } from './client/connect.ts';
import type { TemporalSettings } from './client/connect.ts';
import { liveFacts } from './client/live-status.ts';
import type { LiveStatus } from './client/live-status.ts';
import {
  attributeKeys,
  entryFromRecords,
  entryFromStatus,
  serverNameOf,
} from './client/run-list.ts';
import type { RunListEntry } from './client/run-list.ts';
import { historyOf } from './client/run-history.ts';
import { knownServer, startedWith } from './client/run-server.ts';
import type { KnownServer } from './client/run-server.ts';
import { detailsOf } from './client/run-details.ts';
import { summaryOf } from './client/run-summary.ts';
import { isUnknownAttribute } from './client/temporal-failures.ts';
import { askAccess, askPlan, askSettings, type PlanQuestion } from './client/server-questions.ts';
import {
  messages,
  runWorkflowTypes,
  searchAttributeNames,
  serverWorkflowId,
  taskQueue,
} from './contract.ts';
import type { AbortArgs, Accepted, ApproveArgs, ResumeArgs, SkipArgs } from './contract.ts';
import type { AccessRequest, RunRequests, SettingsRequest } from './contract.ts';
import type { ServerAccess } from './run/plan.ts';
import type { ServerPlan } from './run/server-plan.ts';
import type { SettingsView } from './run/settings-view.ts';
import type { RunHistory } from './run/run-history.ts';
import type { RunKind, RunStatus } from './run/status.ts';
import {
  SearchAttributesMissing,
  TemporalNotWorking,
  TemporalUnreachable,
} from './run/temporal-errors.ts';

export type { RunReference };

/** Visibility is filled a moment after the start; one more look is enough for the dev server. */
const visibilityLagMs = 1_000;

/** Questions at once when the list asks every run. */
const questionsAtOnce = 8;

/** The one door to Temporal for everything that is not a worker: start, status, requests. */
export class RunClient {
  readonly #client: Client;
  readonly #address: string;
  readonly #questions: Questions;

  /** `address` is for messages only. */
  constructor(client: Client, address: string) {
    this.#client = client;
    this.#address = address;
    this.#questions = new Questions(client, address);
  }

  /** Throws TemporalUnreachable when there is no answer in time. */
  static async connect(
    settings: TemporalSettings,
    dataConverter?: DataConverter,
  ): Promise<RunClient> {
    const client = await connectClient(settings, dataConverter);
    return new RunClient(client, settings.address);
  }

  async close(): Promise<void> {
    await this.#client.connection.close();
  }

  /**
   * Starts a run of a server. Throws RunAlreadyGoing when one is open, whoever started it and
   * whatever it is for, and SearchAttributesMissing when this Temporal was not prepared for ironstep.
   */
  async start<Kind extends RunKind>(kind: Kind, request: RunRequests[Kind]): Promise<RunReference> {
    const { server, provider } = 'spec' in request ? request.spec : request;
    const workflowId = serverWorkflowId(provider.kind, provider.service);
    try {
      await this.#questions.ask(() =>
        this.#client.workflow.start(runWorkflowTypes[kind], {
          workflowId,
          taskQueue,
          args: [request],
          workflowIdConflictPolicy: 'FAIL',
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          staticSummary: summaryOf(kind, request),
          staticDetails: detailsOf({ server, provider }),
          typedSearchAttributes: new TypedSearchAttributes([
            { key: attributeKeys.server, value: server },
            { key: attributeKeys.provider, value: provider.kind },
            { key: attributeKeys.phase, value: 'preflight' },
            { key: attributeKeys.attention, value: 'none' },
          ]),
        }),
      );
    } catch (error) {
      if (isUnknownAttribute(error)) {
        throw new SearchAttributesMissing(this.#address, searchAttributeNames, { cause: error });
      }
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      const going = await this.status({ server, workflowId }).catch(() => undefined);
      throw new RunAlreadyGoing(server, going?.timeline.at(-1)?.phase ?? null, workflowId);
    }
    return { server, workflowId };
  }

  /**
   * The run that a person means by a server's name, `provider/service` or a workflow id. Throws
   * NoSuchRun, or ServerAmbiguous when two servers of that name have an open run.
   */
  async find(name: string): Promise<RunReference> {
    if (!/^[\w./:-]+$/.test(name)) throw new NoSuchRun(name, []);
    const isId = name.includes('/');
    const workflowId = name.startsWith('server/') ? name : `server/${name}`;
    const clause = isId ? `WorkflowId = '${workflowId}'` : `ServerName = '${name}'`;
    let infos = await this.#questions.newestRuns(clause);
    if (infos.length === 0) {
      await sleep(visibilityLagMs);
      infos = await this.#questions.newestRuns(clause);
    }
    const open = infos.filter((info) => info.status.name === 'RUNNING');
    if (open.length > 1) {
      const ids = open.map((info) => info.workflowId);
      throw new ServerAmbiguous(name, ids);
    }
    const found = open[0] ?? infos[0];
    if (found === undefined) {
      const known = await this.#questions.newestRuns();
      throw new NoSuchRun(name, known.map(serverNameOf).toSorted());
    }
    return { server: serverNameOf(found), workflowId: found.workflowId };
  }

  /** Where the server of a run is, from what the run was started with. Needs no worker. */
  async serverOf(run: RunReference): Promise<KnownServer> {
    return this.#questions.ask(
      () => knownServer(this.#client, { workflowId: run.workflowId }),
      run,
    );
  }

  /** All about one run, open or over. Throws NoWorker or RunStuck. */
  async status(run: RunReference): Promise<LiveStatus> {
    const handle = this.#client.workflow.getHandle(run.workflowId);
    const description = await this.#questions.ask(() => handle.describe(), run);
    const status = await this.#questions.askRun(run, () =>
      handle.query<RunStatus>(messages.status),
    );
    return {
      ...(await closedOff(status, description, () => this.#questions.ask(() => handle.result()))),
      ...(await liveFacts(description, this.#client.options.loadedDataConverter)),
    };
  }

  /** What happened in every run of the server that Temporal still knows. Needs no worker. */
  async history(run: RunReference): Promise<RunHistory[]> {
    return historyOf(this.#client, this.#questions, run);
  }

  /** The newest run of every server, open ones first, then by name. */
  async list(): Promise<RunListEntry[]> {
    const infos = await this.#questions.newestRuns();
    const entries: RunListEntry[] = [];
    let answering = true;
    for (let at = 0; at < infos.length; at += questionsAtOnce) {
      const some = infos.slice(at, at + questionsAtOnce).map(async (info) => {
        if (!answering) return entryFromRecords(info);
        try {
          const { workflowId } = info;
          return entryFromStatus(info, await this.status({ server: workflowId, workflowId }));
        } catch (error) {
          const isAway = error instanceof TemporalUnreachable;
          if (isAway || error instanceof TemporalNotWorking) throw error;
          // Workers of other versions may well answer for other runs.
          if (error instanceof NoWorkerOfVersion) return entryFromRecords(info, error.version);
          answering = !(error instanceof NoWorker);
          return entryFromRecords(info);
        }
      });
      entries.push(...(await Promise.all(some)));
    }
    return entries.toSorted(
      (one, other) =>
        Number(one.phase === null) - Number(other.phase === null) ||
        one.server.localeCompare(other.server),
    );
  }

  /**
   * What a run of this spec would do; changes nothing. Throws NoWorker, and
   * QuestionRefused with what preflight has against it.
   */
  async plan(request: PlanQuestion): Promise<ServerPlan> {
    return askPlan(this.#client, this.#questions, request);
  }

  /** The provider's settings as they are and as they were. Throws as `plan` does. */
  async settings(request: SettingsRequest): Promise<SettingsView> {
    return askSettings(this.#client, this.#questions, request);
  }

  /** Where the server is and which keys open it. Throws as `plan` does. */
  async access(request: AccessRequest): Promise<ServerAccess> {
    return askAccess(this.#client, this.#questions, request);
  }

  /** Says what may be destroyed. Throws RequestRefused with the run's words, RunOver, NoWorker. */
  async approve(run: RunReference, args: ApproveArgs): Promise<Accepted> {
    return this.#request(run, messages.approve, args);
  }

  /** Tries again from where the run waits, with these rungs if any. Throws as `approve` does. */
  async resume(run: RunReference, args: ResumeArgs): Promise<Accepted> {
    return this.#request(run, messages.resume, args);
  }

  /**
   * Starts a new run of what the newest provisioning of the server was started with: it goes on
   * from what it finds there. Throws RunOver when that one ended well, and as `start` does.
   */
  async startAgain(run: RunReference, { by }: Pick<ResumeArgs, 'by'>): Promise<RunReference> {
    const type = `WorkflowType = '${runWorkflowTypes.provision}'`;
    const [newest] = await this.#questions.newestRuns(
      `WorkflowId = '${run.workflowId}' AND ${type}`,
    );
    if (newest === undefined || newest.status.name === 'COMPLETED') throw new RunOver(run.server);
    const { workflowId, runId } = newest;
    const request = await this.#questions.ask(() =>
      startedWith(this.#client, { workflowId, runId }),
    );
    if (!('spec' in request)) throw new RunOver(run.server);
    return this.start('provision', { ...request, by });
  }

  /** Ends the wait for a rescue boot; the next rung is climbed. Throws as `approve` does. */
  async skip(run: RunReference, args: SkipArgs): Promise<Accepted> {
    return this.#request(run, messages.skip, args);
  }

  /** Puts the provider's settings back and stops. Throws as `approve` does. */
  async abort(run: RunReference, args: AbortArgs): Promise<Accepted> {
    return this.#request(run, messages.abort, args);
  }

  /** The update id makes one request of a person one request, however often gRPC sends it. */
  async #request(
    run: RunReference,
    name: string,
    args: ApproveArgs | ResumeArgs | SkipArgs | AbortArgs,
  ): Promise<Accepted> {
    const handle = this.#client.workflow.getHandle(run.workflowId);
    const updateId = randomUUID();
    try {
      return await this.#questions.askRun(run, () =>
        handle.executeUpdate<Accepted, [typeof args]>(name, { args: [args], updateId }),
      );
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError) {
        throw new RequestRefused(error.cause?.message ?? error.message, { cause: error });
      }
      if (error instanceof NoSuchRun) throw new RunOver(run.server);
      throw error;
    }
  }
}
