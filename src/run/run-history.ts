import { firstSentence } from './first-sentence.ts';

/** What ended an attempt of a step: the class of the error and its first sentence. */
export type StepFailure = { type: string; message: string };

/** One thing that a worker did for the run, by the summary that it has in the Temporal UI. */
export type HistoryStep = {
  name: string;
  /** ISO 8601, as all times here. */
  at: string;
  endedAt?: string;
  /** Above 1 after a failure that was tried again, or after a worker that was lost. */
  attempts: number;
  state: 'running' | 'done' | 'failed' | 'cancelled';
};

/** One line of what happened. Those with `endedAt` lasted; it is missing while they last. */
export type HistoryEntry =
  | {
      kind: 'phase';
      at: string;
      endedAt?: string;
      phase: string;
      /** `stopped`: the run ended in it, by a person's wish. */
      state: 'running' | 'done' | 'failed' | 'stopped';
      steps: HistoryStep[];
    }
  /** A step failed; `retried` when a later attempt of it went on. */
  | ({ kind: 'failure'; at: string; step: string; retried: boolean } & StepFailure)
  /** The run waited for a person: for an approval, or because a phase failed. */
  | { kind: 'attention'; at: string; endedAt?: string; why: string }
  /** What a person asked of the run; `refused` with its words when it said no. */
  | { kind: 'request'; at: string; name: string; by: string; said?: string; refused?: string }
  | { kind: 'cancel'; at: string; by: string; reason?: string }
  /** A worker could not go on with the run: see RunStuck. */
  | { kind: 'stuck'; at: string; worker: string; message: string };

/** How a run ended, and in whose words. */
export type HistoryEnd = {
  at: string;
  state: 'ready' | 'done' | 'refused' | 'aborted' | 'failed' | 'terminated' | 'cancelled';
  by?: string;
  said?: string;
};

/** What happened in one run of a server, oldest first. */
export type RunHistory = {
  runId: string;
  /** What it was for: `provision` and the like. */
  kind: string;
  by: string;
  startedAt: string;
  /** What was asked for, in a line: `core1 · Flatcar stable · shrink to 100 GiB`. */
  summary: string;
  entries: HistoryEntry[];
  /** Missing while it goes on. */
  end?: HistoryEnd;
};

type PhaseEntry = Extract<HistoryEntry, { kind: 'phase' }>;
type AttentionEntry = Extract<HistoryEntry, { kind: 'attention' }>;
type RequestEntry = Extract<HistoryEntry, { kind: 'request' }>;

/** Writes the history of one run down, event by event in the order in which they happened. */
export class RunHistoryBook {
  readonly history: RunHistory;
  #phase: PhaseEntry | undefined;
  #attention: AttentionEntry | undefined;
  /** Steps and requests that are not over, by the id under which their end will be told. */
  readonly #steps = new Map<string, HistoryStep>();
  readonly #requests = new Map<string, RequestEntry>();

  constructor(start: Omit<RunHistory, 'entries' | 'end'>) {
    this.history = { ...start, entries: [] };
  }

  /** A phase begins, or begins again; the one before it is over. */
  phaseBegan(at: string, phase: string): void {
    this.#endPhase(at, this.#lastStep()?.state === 'failed' ? 'failed' : 'done');
    this.#phase = { kind: 'phase', at, phase, state: 'running', steps: [] };
    this.history.entries.push(this.#phase);
  }

  /** `why` is `none` when the run goes on. Whatever is not an approval ends the phase. */
  attentionIs(at: string, why: string): void {
    if (this.#attention !== undefined) this.#attention.endedAt = at;
    this.#attention = undefined;
    if (why === 'none') return;
    if (why !== 'approval') this.#endPhase(at, 'failed');
    this.#attention = { kind: 'attention', at, why };
    this.history.entries.push(this.#attention);
  }

  stepBegan(id: string, at: string, name: string): void {
    const step: HistoryStep = { name, at, attempts: 1, state: 'running' };
    this.#steps.set(id, step);
    this.#phase?.steps.push(step);
  }

  /** Temporal tells of earlier attempts when the step is over, and only of the last of them. */
  stepTriedAgain(id: string, at: string, attempts: number, failure: StepFailure): void {
    const step = this.#steps.get(id);
    if (step === undefined) return;
    step.attempts = attempts;
    this.#failed(at, step, true, failure);
  }

  stepEnded(
    id: string,
    at: string,
    end: { state: 'done' | 'cancelled' } | { state: 'failed'; failure: StepFailure },
  ): void {
    const step = this.#steps.get(id);
    if (step === undefined) return;
    this.#steps.delete(id);
    step.endedAt = at;
    step.state = end.state;
    if (end.state === 'failed') this.#failed(at, step, false, end.failure);
  }

  asked(id: string, request: Omit<RequestEntry, 'kind' | 'refused'>): void {
    const entry: RequestEntry = { kind: 'request', ...request };
    this.#requests.set(id, entry);
    this.history.entries.push(entry);
  }

  /** `refusal` is null when the run did as it was asked. */
  answered(id: string, refusal: string | null): void {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    if (request !== undefined && refusal !== null) request.refused = firstSentence(refusal);
  }

  cancelAsked(at: string, by: string, reason: string | undefined): void {
    this.history.entries.push({ kind: 'cancel', at, by, ...(reason ? { reason } : {}) });
  }

  stuck(at: string, worker: string, message: string): void {
    this.history.entries.push({ kind: 'stuck', at, worker, message: firstSentence(message) });
  }

  over(end: HistoryEnd): void {
    this.attentionIs(end.at, 'none');
    this.#endPhase(end.at, phaseEnds[end.state]);
    this.history.end = { ...end, ...(end.said ? { said: firstSentence(end.said) } : {}) };
  }

  #failed(at: string, step: HistoryStep, retried: boolean, failure: StepFailure): void {
    const { type, message } = failure;
    const told = { type, message: firstSentence(message) };
    this.history.entries.push({ kind: 'failure', at, step: step.name, retried, ...told });
  }

  #endPhase(at: string, state: PhaseEntry['state']): void {
    if (this.#phase === undefined) return;
    this.#phase.endedAt = at;
    this.#phase.state = state;
    this.#phase = undefined;
  }

  #lastStep(): HistoryStep | undefined {
    return this.#phase?.steps.at(-1);
  }
}

/** What the end of a run says about the phase that was under way. */
const phaseEnds: Record<HistoryEnd['state'], PhaseEntry['state']> = {
  ready: 'done',
  done: 'done',
  refused: 'failed',
  failed: 'failed',
  aborted: 'stopped',
  terminated: 'stopped',
  cancelled: 'stopped',
};
