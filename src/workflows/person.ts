import {
  CancellationScope,
  condition,
  isCancellation,
  upsertSearchAttributes,
} from '@temporalio/workflow';

import type { Accepted, ServerRequest } from '../contract.ts';
import {
  readAbort,
  readApprove,
  readResume,
  readSkip,
  requestHelp,
} from '../run/request-arguments.ts';
import type { RunRecord } from '../run/run-record.ts';
import type { Attention } from '../run/status.ts';
import { defaultLadder, type Rung } from '../spec/rungs.ts';
import { abortUpdate, approveUpdate, resumeUpdate, skipUpdate } from './messages.ts';
import { RunEnds } from './phase-failure.ts';
import { attentionAttribute } from './search-attributes.ts';
import { takeRequest } from './take-request.ts';

/** What a person may do with the run that a phase has to know at once. */
type Ways = {
  record: RunRecord;
  request: ServerRequest;
  /** Shows the record anew. */
  show: () => void;
  /** A person is not waited for now: the run ends where it would need one. */
  waitsForNobody: () => boolean;
};

/** The person's part in a run: the waits for one, and the requests by which they end. */
export class Person {
  /** What may be destroyed, as said at the start or by `approve`. */
  wipe: string | undefined;
  /** In words, for the timeline: by --wipe at the start, or by whose approval. */
  approvedHow = 'covered by --wipe';
  readonly #ways: Ways;
  readonly #scope = new CancellationScope();
  #resumed: { by?: string } = {};
  #ladder: readonly Rung[] | undefined;
  #skip: { scope: CancellationScope; by: string | undefined } | undefined;
  #abort: { by: string; reason?: string } | undefined;
  #acceptsWipe: (token: string) => string | null = () => 'this run waits for no approval';

  constructor(ways: Ways, wipe: string | undefined) {
    this.#ways = ways;
    this.wipe = wipe;
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

  /** The rungs that the person who resumed the run asked for, once; else those of the spec. */
  takeLadder(): { ladder: readonly Rung[]; asked: boolean } {
    const asked = this.#ladder;
    this.#ladder = undefined;
    const ladder = asked ?? this.#ways.request.rescue.ladder ?? defaultLadder;
    return { ladder, asked: asked !== undefined };
  }

  /** Waits, for as long as it takes, until a person resumes the run. */
  async waits(attention: Omit<Attention, 'since'>): Promise<void> {
    await this.waitsOr(attention, async () => null);
  }

  /**
   * As `waits`, with a watch beside it that may find what is waited for; its answer, or
   * null when a person was first. A watch that ends with null or fails leaves it to the person.
   */
  async waitsOr<T>(
    attention: Omit<Attention, 'since'>,
    watch: () => Promise<T | null>,
  ): Promise<T | null> {
    const resumed: { by?: string } = (this.#resumed = {});
    this.#startAttention(attention);
    const beside = new CancellationScope();
    let seen: T | null = null;
    const watching = beside.run(watch).then(
      (found) => void (seen = found),
      () => undefined,
    );
    try {
      await condition(() => resumed.by !== undefined || seen !== null);
    } finally {
      beside.cancel();
      await CancellationScope.nonCancellable(() => watching);
    }
    this.#endAttention();
    this.#note(resumed.by === undefined ? 'goes on by itself' : `resumed by ${resumed.by}`);
    return resumed.by === undefined ? seen : null;
  }

  /** A wait that a person may skip; null then. What was sent before is not undone. */
  async skippable<T>(wait: () => Promise<T>): Promise<T | null> {
    const scope = new CancellationScope();
    this.#skip = { scope, by: undefined };
    try {
      return await scope.run(wait);
    } catch (error) {
      if (!isCancellation(error) || this.#skip.by === undefined) throw error;
      this.#note(`skipped by ${this.#skip.by}`);
      return null;
    } finally {
      this.#skip = undefined;
    }
  }

  /** Waits until a person approves with a token that `judge` takes (null = accepted). */
  async waitsForApproval(
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

  #note(text: string): void {
    this.#ways.record.note(text);
    this.#ways.show();
  }

  #startAttention(attention: Omit<Attention, 'since'>): void {
    if (this.#ways.waitsForNobody()) {
      throw new RunEnds('refused', [attention.title, ...attention.detail].join('\n'));
    }
    this.#ways.record.needsPerson(attention);
    upsertSearchAttributes([{ key: attentionAttribute, value: attention.kind }]);
    this.#ways.show();
  }

  #endAttention(): void {
    this.#ways.record.attentionOver();
    upsertSearchAttributes([{ key: attentionAttribute, value: 'none' }]);
    this.#ways.show();
  }

  #refusesResume(ladder: readonly Rung[] | undefined): string | null {
    const { server } = this.#ways.request;
    const kind = this.#ways.record.status.attention?.kind;
    if (kind !== 'failed' && kind !== 'rescue') return `${server} does not wait to be resumed`;
    if (ladder === undefined || kind === 'rescue') return null;
    return `${server} does not wait for a rescue system, so there is no ladder to climb`;
  }

  #accepted(message: string): Accepted {
    return { phase: this.#ways.record.phase, message };
  }

  #listen(): void {
    takeRequest(approveUpdate, {
      description: requestHelp.approve,
      read: readApprove,
      refuses: ({ wipe }) => this.#acceptsWipe(wipe),
      accept: ({ wipe, by }) => {
        this.wipe = wipe;
        this.approvedHow = `approved by ${by}`;
        this.#note(`approved by ${by}: ${wipe}`);
        return this.#accepted(`${wipe} may be destroyed`);
      },
    });
    takeRequest(resumeUpdate, {
      description: requestHelp.resume,
      read: readResume,
      refuses: ({ ladder }) => this.#refusesResume(ladder),
      accept: ({ by, ladder }) => {
        this.#resumed.by = by;
        this.#ladder = ladder;
        return this.#accepted(`goes on with ${this.#ways.record.phase}`);
      },
    });
    takeRequest(skipUpdate, {
      description: requestHelp.skip,
      read: readSkip,
      refuses: () =>
        this.#skip === undefined
          ? `${this.#ways.request.server} waits for no rescue boot that could be skipped`
          : null,
      accept: ({ by }) => {
        if (this.#skip !== undefined) this.#skip.by = by;
        this.#skip?.scope.cancel();
        return this.#accepted('waits for this boot no longer; goes to the next rung');
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
