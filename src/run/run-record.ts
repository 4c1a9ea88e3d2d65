import type { ServerPlan } from './server-plan.ts';
import type {
  Attention,
  DiskView,
  Evidence,
  Login,
  Phase,
  PhaseEntry,
  Report,
  RunStatus,
} from './status.ts';

/** Notes kept per phase entry: a run carries its own evidence, but bounded. */
const notesPerEntry = 24;

/** Hears what happens to a run, at the moment when it happens: for logs and metrics. */
export type RunListener = {
  phaseBegan(entry: PhaseEntry): void;
  /** `failure` is the class of the error that failed it; none when the run was stopped in it. */
  phaseEnded(entry: PhaseEntry, failure?: string): void;
  noted(text: string): void;
  personNeeded(attention: Attention): void;
  /** Nobody is needed any more: answered, or the run is over. */
  personAnswered(attention: Attention, phase: Phase): void;
  runEnded(status: RunStatus): void;
};

/**
 * The status of one run as it grows: phases begin, are noted upon and end. Pure bookkeeping; the
 * clock comes from outside because workflow time is not the machine's.
 */
export class RunRecord {
  readonly status: RunStatus;
  readonly #now: () => string;
  readonly #listener: Partial<RunListener>;

  constructor(
    start: Pick<
      RunStatus,
      'kind' | 'server' | 'provider' | 'service' | 'by' | 'sshPort' | 'headline'
    >,
    now: () => string,
    listener: Partial<RunListener> = {},
  ) {
    this.#now = now;
    this.#listener = listener;
    this.status = { ...start, startedAt: now(), state: 'running', timeline: [] };
  }

  /** The phase that is under way, or the last one. */
  get phase(): Phase {
    return this.status.timeline.at(-1)?.phase ?? 'preflight';
  }

  get entry(): PhaseEntry | undefined {
    return this.status.timeline.at(-1);
  }

  /**
   * When the attempt at this phase began, in epoch milliseconds of workflow time: by this number
   * the attempts of all runs of a server are in order.
   */
  get attemptAtMs(): number {
    return Date.parse(this.entry?.startedAt ?? this.status.startedAt);
  }

  /** A phase begins, or begins again: a repeat right after its own failure is one more attempt. */
  begin(phase: Phase): void {
    const last = this.entry;
    const attempt = last?.phase === phase && last.state === 'failed' ? last.attempt + 1 : 1;
    const startedAt = this.#now();
    const entry: PhaseEntry = { phase, attempt, state: 'running', startedAt, notes: [] };
    this.status.timeline.push(entry);
    this.#listener.phaseBegan?.(entry);
  }

  /** Something was seen on the way. */
  note(text: string): void {
    const notes = this.entry?.notes;
    if (notes === undefined || notes.at(-1) === text) return;
    notes.push(text);
    this.#listener.noted?.(text);
    if (notes.length > notesPerEntry) notes.splice(1, 1);
  }

  done(summary?: string): void {
    this.#end('done', summary);
  }

  /** `failure` is the class of the error. */
  failed(summary: string, failure: string): void {
    this.#end('failed', summary, failure);
  }

  /** The run needs a person from now on, until `attentionOver`. */
  needsPerson(attention: Omit<Attention, 'since'>): void {
    const needed = { ...attention, since: this.#now() };
    this.status.attention = needed;
    this.status.state = 'waiting';
    if (this.entry?.state === 'running') this.entry.state = 'waiting';
    this.#listener.personNeeded?.(needed);
  }

  attentionOver(): void {
    this.#dropAttention();
    this.status.state = 'running';
    if (this.entry?.state === 'waiting') this.entry.state = 'running';
  }

  showDisk(disk: DiskView): void {
    this.status.disk = disk;
  }

  /** What a run of the spec would do; its disk is the one of this run too. */
  showPlan(plan: ServerPlan): void {
    this.status.plan = plan;
    if (plan.disk !== null) this.showDisk(plan.disk);
  }

  /** Which system answers, once it is proven; null from a reboot to the next proof. */
  answers(login: Login | null): void {
    delete this.status.answering;
    if (login === null) delete this.status.login;
    else this.status.login = login;
  }

  /** Which system was seen to answer, where the run had to tell. */
  sees(words: string): void {
    this.status.answering = { words, at: this.#now() };
  }

  /** What a system that did not come up has left. */
  found(evidence: Evidence[]): void {
    this.status.evidence = evidence;
  }

  ready(report: Report): void {
    this.status.report = report;
    this.#close('ready');
  }

  /** A run that is not for provisioning did what it was asked; `ending` says what came of it. */
  achieved(ending: string): void {
    this.status.ending = ending;
    this.#close('done');
  }

  /** The run is over without success; `ending` says what was and was not changed. */
  over(state: 'refused' | 'aborted' | 'failed', ending: string): void {
    if (this.entry?.endedAt === undefined) this.#end('failed', undefined);
    this.status.ending = ending;
    this.#close(state);
  }

  #end(state: 'done' | 'failed', summary: string | undefined, failure?: string): void {
    const entry = this.entry;
    if (entry === undefined) return;
    entry.state = state;
    entry.endedAt = this.#now();
    if (summary !== undefined) entry.summary = summary;
    this.#listener.phaseEnded?.(entry, failure);
  }

  #close(state: RunStatus['state']): void {
    this.#dropAttention();
    this.status.state = state;
    this.#listener.runEnded?.(this.status);
  }

  #dropAttention(): void {
    const { attention } = this.status;
    delete this.status.attention;
    if (attention !== undefined) this.#listener.personAnswered?.(attention, this.phase);
  }
}
