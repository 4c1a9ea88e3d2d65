import {
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';

import { runWorkflowTypes } from '../contract.ts';
import { TemporalNotWorking, TemporalUnreachable } from '../run/temporal-errors.ts';
import { answerDeadline } from './answer-deadline.ts';
import { NoSuchRun, NoWorker, NoWorkerOfVersion, RunStuck } from './client-errors.ts';
import { pinnedVersion } from './run-version.ts';
import { isStuck, isUnanswered, isUnreachable, wordsOfDisability } from './temporal-failures.ts';

/** Which run is meant. The workflow id stays the same when a run continues as new. */
export type RunReference = { server: string; workflowId: string };

/** The visibility query for our runs, or for those of them that `clause` selects. */
export function runsQuery(clause?: string): string {
  const types = Object.values(runWorkflowTypes).map((type) => `'${type}'`);
  return [`WorkflowType IN (${types.join(', ')})`, ...(clause ? [clause] : [])].join(' AND ');
}

/** Asks Temporal with a deadline, and says in our words who did not answer. */
export class Questions {
  readonly #client: Client;
  readonly #address: string;

  constructor(client: Client, address: string) {
    this.#client = client;
    this.#address = address;
  }

  /**
   * Asks the server. Throws TemporalUnreachable when it does not answer in time, TemporalNotWorking
   * when it says that it cannot, and NoSuchRun when it does not know `run`.
   */
  async ask<Answer>(question: () => Promise<Answer>, run?: RunReference): Promise<Answer> {
    try {
      return await this.#client.withDeadline(answerDeadline(Date.now()), question);
    } catch (error) {
      if (error instanceof NoWorker || error instanceof NoWorkerOfVersion) throw error;
      if (error instanceof RunStuck) throw error;
      const said = wordsOfDisability(error);
      if (said !== null) throw new TemporalNotWorking(this.#address, said, { cause: error });
      if (isUnreachable(error)) throw new TemporalUnreachable(this.#address, { cause: error });
      if (run !== undefined && error instanceof WorkflowNotFoundError) {
        throw new NoSuchRun(run.server, []);
      }
      throw error;
    }
  }

  /** Asks the run itself. Throws NoWorker and RunStuck besides. */
  async askRun<Answer>(run: RunReference, question: () => Promise<Answer>): Promise<Answer> {
    return this.ask(async () => {
      try {
        return await question();
      } catch (error) {
        if (isUnanswered(error) || error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
          throw await this.#noWorker(run, error);
        }
        if (isStuck(error)) throw new RunStuck(run.server, { cause: error });
        throw error;
      }
    }, run);
  }

  async #noWorker(run: RunReference, cause: unknown): Promise<Error> {
    const version = await this.#client
      .withDeadline(answerDeadline(Date.now()), () => pinnedVersion(this.#client, run.workflowId))
      .catch(() => null);
    if (version !== null) return new NoWorkerOfVersion(run, version);
    return new NoWorker(run.server, { cause });
  }

  /** The newest run of every server that `clause` of a visibility query selects, newest first. */
  async newestRuns(clause?: string): Promise<WorkflowExecutionInfo[]> {
    const query = runsQuery(clause);
    const newest = new Map<string, WorkflowExecutionInfo>();
    await this.ask(async () => {
      for await (const info of this.#client.workflow.list({ query })) {
        const known = newest.get(info.workflowId);
        if (known === undefined || known.startTime < info.startTime) {
          newest.set(info.workflowId, info);
        }
      }
    });
    return [...newest.values()].toSorted((one, other) => +other.startTime - +one.startTime);
  }
}
