import { setCurrentDetails, setHandler, upsertSearchAttributes } from '@temporalio/workflow';

import type { ServerRequest } from '../contract.ts';
import { answeringInWords, type Answering } from '../run/answering.ts';
import { firstSentence } from '../run/first-sentence.ts';
import { defaultPace, type Pace } from '../run/pace.ts';
import type { ServerAccess, System } from '../run/plan.ts';
import { RunRecord } from '../run/run-record.ts';
import type { ServerPlan } from '../run/server-plan.ts';
import type { Phase, RunKind, RunStatus } from '../run/status.ts';
import { timelineMarkdown } from '../run/timeline-markdown.ts';
import { failedAttention } from './failed-attention.ts';
import { rebooted, refusals } from './failure-policy.ts';
import { statusQuery } from './messages.ts';
import { Person } from './person.ts';
import { phaseFailure, RunEnds, type PhaseFailure } from './phase-failure.ts';
import { tellOf } from './run-telemetry.ts';
import { phaseAttribute } from './search-attributes.ts';

/**
 * One run of one server: its record, and the ways in which a person takes part. Phases are run
 * through `phase`, which shows them, and which turns a failure into a pause (invariant 6).
 */
export class ServerRun {
  readonly request: ServerRequest;
  readonly record: RunRecord;
  readonly pace: Pace;
  readonly person: Person;
  /** What this run has done to the disk; once it is not `untouched`, only forward. */
  diskState: 'untouched' | 'unbootable' | 'installed' | 'keys-placed' = 'untouched';
  /** A disk of the server holds something that may boot: an early end goes back to it. */
  oldSystem = true;
  readonly warnings: string[] = [];
  /** Refuse instead of waiting for a person, as long as the disk is untouched. */
  readonly #noWait: boolean;

  constructor(
    kind: RunKind,
    request: ServerRequest,
    answers: { wipe?: string; noWait?: boolean } = {},
  ) {
    this.request = request;
    this.#noWait = answers.noWait ?? false;
    this.pace = { ...defaultPace, ...request.pace };
    this.record = new RunRecord(
      {
        kind,
        server: request.server,
        provider: request.provider.kind,
        service: request.provider.service,
        by: request.by,
        sshPort: request.ssh.port,
        headline: '',
      },
      () => new Date().toISOString(),
      tellOf(request),
    );
    this.person = new Person(
      {
        record: this.record,
        request,
        show: () => this.show(),
        waitsForNobody: () => this.#noWait && this.diskState === 'untouched',
      },
      answers.wipe,
    );
    setHandler(statusQuery, (): RunStatus => this.record.status);
  }

  /**
   * Runs one phase until it succeeds. A failure that a person can mend waits for one (`park`); one
   * that only another spec mends ends the run while the disk is untouched.
   */
  async phase<T>(
    phase: Phase,
    work: () => Promise<T>,
    inWords: (result: T) => string | undefined = () => undefined,
    park: (failure: PhaseFailure) => Promise<void> = (failure) =>
      this.person.waits(failedAttention(this.request.server, phase, failure)),
  ): Promise<T> {
    for (;;) {
      this.begin(phase);
      try {
        const result = await work();
        this.record.done(inWords(result));
        this.show();
        return result;
      } catch (error) {
        const failure = phaseFailure(error);
        if (failure === null) throw error;
        this.record.failed(firstSentence(failure.message), failure.type);
        this.show();
        if (this.#endsRun(phase, failure)) throw new RunEnds('refused', failure.message);
        if (failure.type === rebooted) throw error;
        await park(failure);
      }
    }
  }

  /** What the run is about and where the server is becomes visible. */
  reached({ target }: ServerAccess, headline: string): void {
    const { status } = this.record;
    status.address = target.address;
    status.headline = headline;
    this.show();
  }

  /** Which system is proven to answer; null from a reboot to the next proof. */
  answers(system: Pick<System, 'kind' | 'user' | 'hostKey'> | null): void {
    this.record.answers(
      system && { kind: system.kind, user: system.user, hostKey: system.hostKey },
    );
    this.show();
  }

  /** What a run of the spec would do, now that the disks were read. */
  planned(plan: ServerPlan): void {
    this.record.showPlan(plan);
    this.show();
  }

  /** A run that is not for provisioning did what it was asked; the first line says what. */
  achieved(ending: string[]): void {
    this.record.achieved(ending.join('\n'));
    this.show();
  }

  begin(phase: Phase): void {
    this.record.begin(phase);
    upsertSearchAttributes([{ key: phaseAttribute, value: phase }]);
    this.show();
  }

  /** Which system answers, where the run had to tell. */
  sees(answering: Answering): void {
    this.record.sees(answeringInWords(answering));
    this.show();
  }

  note(text: string): void {
    this.record.note(text);
    this.show();
  }

  show(): void {
    setCurrentDetails(timelineMarkdown(this.record.status));
  }

  #endsRun(phase: Phase, failure: PhaseFailure): boolean {
    if (phase === 'preflight') return true;
    if (this.diskState !== 'untouched') return false;
    return this.#noWait || refusals.has(failure.type);
  }
}
