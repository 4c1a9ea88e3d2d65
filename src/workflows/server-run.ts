import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';

import { phaseAttribute, attentionAttribute } from './search-attributes.ts';
import { messages, type Accepted, type ServerRequest } from '../contract.ts';
import { firstSentence } from '../run/first-sentence.ts';
import { defaultPace, type Pace } from '../run/pace.ts';
import type { ServerAccess, System } from '../run/plan.ts';
import { readAbort, readApprove, readResume, requestHelp } from '../run/request-arguments.ts';
import { RunRecord } from '../run/run-record.ts';
import type { ServerPlan } from '../run/server-plan.ts';
import type { Attention, Phase, RunKind, RunStatus } from '../run/status.ts';
import { timelineMarkdown } from '../run/timeline-markdown.ts';
import { rebooted, refusals } from './failure-policy.ts';
import { abortUpdate, approveUpdate, resumeUpdate, statusQuery } from './messages.ts';
import { tellOf } from './run-telemetry.ts';
import { takeRequest } from './take-request.ts';

/**
 * The run ends here: refused by a check, or stopped by a person. Settings are put back first.
 *
 * @where any phase
 * @within the end of the run (`Refused` or `Aborted` in Temporal)
 * @changed As the end of the run says: settings are put back first.
 * @remedy Nothing: it is how a run ends early. The run's own words say why.
 */
export class RunEnds extends Error {
  override name = 'RunEnds';
  readonly state: 'refused' | 'aborted';

  constructor(state: 'refused' | 'aborted', message: string) {
    super(message);
    this.state = state;
  }
}

/** What went wrong in an activity, as far as a workflow decides by it. */
export type PhaseFailure = { type: string; message: string };

/**
 * One run of one server: its record, and the ways in which a person takes part. Phases are run
 * through `phase`, which shows them, and which turns a failure into a pause (invariant 6).
 */
export class ServerRun {
  readonly request: ServerRequest;
  readonly record: RunRecord;
  readonly pace: Pace;
  /** What may be destroyed, as said at the start or by `approve`. */
  wipe: string | undefined;
  /** In words, for the timeline: by --wipe at the start, or by whose approval. */
  approvedHow = 'covered by --wipe';
  /** What this run has done to the disk; once it is not `untouched`, only forward. */
  diskState: 'untouched' | 'unbootable' | 'installed' | 'keys-placed' = 'untouched';
  /** A disk of the server holds something that may boot: an early end goes back to it. */
  oldSystem = true;
  readonly warnings: string[] = [];
  readonly #scope = new CancellationScope();
  #resumedBy: string | undefined;
  #abort: { by: string; reason?: string } | undefined;
  /** Refuse instead of waiting for a person, as long as the disk is untouched. */
  readonly #noWait: boolean;
  #acceptsWipe: (token: string) => string | null = () => 'this run waits for no approval';

  constructor(
    kind: RunKind,
    request: ServerRequest,
    answers: { wipe?: string; noWait?: boolean } = {},
  ) {
    this.request = request;
    this.wipe = answers.wipe;
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
    this.#listen();
  }

  /** Runs `work` so that `abort` (or a cancellation from the UI) stops it where that is safe. */
  async untilAborted<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.#scope.run(work);
    } catch (error) {
      if (!isCancellation(error)) throw error;
      const { by, reason } = this.#abort ?? { by: 'a cancellation from Temporal' };
      throw new RunEnds('aborted', `Stopped by ${by}${reason === undefined ? '' : `: ${reason}`}.`);
    }
  }

  /**
   * Runs one phase until it succeeds. A failure that a person can mend waits for one; one that
   * only another spec mends ends the run while the disk is untouched.
   */
  async phase<T>(
    phase: Phase,
    work: () => Promise<T>,
    inWords: (result: T) => string | undefined = () => undefined,
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
        await this.waitForPerson(failedAttention(this.request.server, phase, failure));
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

  note(text: string): void {
    this.record.note(text);
    this.show();
  }

  /** Waits, for as long as it takes, until a person resumes the run. */
  async waitForPerson(attention: Omit<Attention, 'since'>): Promise<void> {
    this.#resumedBy = undefined;
    this.#startAttention(attention);
    await condition(() => this.#resumedBy !== undefined);
    this.#endAttention();
    this.note(`resumed by ${this.#resumedBy}`);
  }

  /** Waits until a person approves with a token that `judge` takes (null = accepted). */
  async waitForApproval(
    attention: Omit<Attention, 'since'>,
    judge: (token: string) => string | null,
  ): Promise<string> {
    this.wipe = undefined;
    this.#acceptsWipe = judge;
    this.#startAttention(attention);
    await condition(() => this.wipe !== undefined);
    this.#endAttention();
    this.#acceptsWipe = () => 'this run waits for no approval';
    return this.wipe ?? '';
  }

  show(): void {
    setCurrentDetails(timelineMarkdown(this.record.status));
  }

  #endsRun(phase: Phase, failure: PhaseFailure): boolean {
    if (phase === 'preflight') return true;
    if (this.diskState !== 'untouched') return false;
    return this.#noWait || refusals.has(failure.type);
  }

  #startAttention(attention: Omit<Attention, 'since'>): void {
    if (this.#noWait && this.diskState === 'untouched') {
      throw new RunEnds('refused', [attention.title, ...attention.detail].join('\n'));
    }
    this.record.needsPerson(attention);
    upsertSearchAttributes([{ key: attentionAttribute, value: attention.kind }]);
    this.show();
  }

  #endAttention(): void {
    this.record.attentionOver();
    upsertSearchAttributes([{ key: attentionAttribute, value: 'none' }]);
    this.show();
  }

  #accepted(message: string): Accepted {
    return { phase: this.record.phase, message };
  }

  #listen(): void {
    setHandler(statusQuery, (): RunStatus => this.record.status);
    takeRequest(approveUpdate, {
      description: requestHelp.approve,
      read: readApprove,
      refuses: ({ wipe }) => this.#acceptsWipe(wipe),
      accept: ({ wipe, by }) => {
        this.wipe = wipe;
        this.approvedHow = `approved by ${by}`;
        this.note(`approved by ${by}: ${wipe}`);
        return this.#accepted(`${wipe} may be destroyed`);
      },
    });
    takeRequest(resumeUpdate, {
      description: requestHelp.resume,
      read: readResume,
      refuses: () =>
        this.record.status.attention?.kind === 'failed'
          ? null
          : `${this.request.server} does not wait to be resumed`,
      accept: ({ by }) => {
        this.#resumedBy = by;
        return this.#accepted(`goes on with ${this.record.phase}`);
      },
    });
    takeRequest(abortUpdate, {
      description: requestHelp.abort,
      read: readAbort,
      refuses: () => null,
      accept: (args) => {
        this.#abort = args;
        this.#scope.cancel();
        return this.#accepted('stops where it is safe, then puts the settings back');
      },
    });
  }
}

/** What an activity said went wrong; null for a cancellation or an end that is not a failure. */
export function phaseFailure(error: unknown): PhaseFailure | null {
  if (isCancellation(error) || error instanceof RunEnds) return null;
  if (error instanceof ActivityFailure) {
    const cause = error.cause;
    if (cause instanceof ApplicationFailure) {
      return { type: cause.type ?? 'Error', message: cause.message };
    }
    return { type: cause?.name ?? 'Error', message: cause?.message ?? error.message };
  }
  return null;
}

function failedAttention(
  server: string,
  phase: Phase,
  failure: PhaseFailure,
): Omit<Attention, 'since'> {
  return {
    kind: 'failed',
    title: `${phase} failed: ${firstSentence(failure.message)}`,
    detail: failure.message.split('\n'),
    actions: [
      {
        command: `ironstep resume ${server}`,
        effect: `try ${phase} again from here`,
        update: { name: messages.resume },
      },
      {
        command: `ironstep abort ${server}`,
        effect: "put the provider's settings back and stop",
        update: { name: messages.abort },
      },
    ],
  };
}
