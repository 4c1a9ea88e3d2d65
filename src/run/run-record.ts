import type { Attention, DiskView, Login, Phase, PhaseEntry, Report, RunStatus } from './status.ts';

/** Notes kept per phase entry: a run carries its own evidence, but bounded. */
const notesPerEntry = 12;

/**
 * The status of one run as it grows: phases begin, are noted upon and end. Pure bookkeeping; the
 * clock comes from outside because workflow time is not the machine's.
 */
export class RunRecord {
  readonly status: RunStatus;
  readonly #now: () => string;

  constructor(
    start: Pick<
      RunStatus,
      'kind' | 'server' | 'provider' | 'service' | 'by' | 'sshPort' | 'headline'
    >,
    now: () => string,
  ) {
    this.#now = now;
    this.status = { ...start, startedAt: now(), state: 'running', timeline: [] };
  }

  /** The phase that is under way, or the last one. */
  get phase(): Phase {
    return this.status.timeline.at(-1)?.phase ?? 'preflight';
  }

  get entry(): PhaseEntry | undefined {
    return this.status.timeline.at(-1);
  }

  /** A phase begins, or begins again: a repeat right after its own failure is one more attempt. */
  begin(phase: Phase): void {
    const last = this.entry;
    const attempt = last?.phase === phase && last.state === 'failed' ? last.attempt + 1 : 1;
    this.status.timeline.push({
      phase,
      attempt,
      state: 'running',
      startedAt: this.#now(),
      notes: [],
    });
  }

  /** Something was seen on the way. */
  note(text: string): void {
    const notes = this.entry?.notes;
    if (notes === undefined || notes.at(-1) === text) return;
    notes.push(text);
    if (notes.length > notesPerEntry) notes.splice(1, 1);
  }

  done(summary?: string): void {
    this.#end('done', summary);
  }

  failed(summary: string): void {
    this.#end('failed', summary);
  }

  /** The run needs a person from now on, until `attentionOver`. */
  needsPerson(attention: Omit<Attention, 'since'>): void {
    this.status.attention = { ...attention, since: this.#now() };
    this.status.state = 'waiting';
    if (this.entry?.state === 'running') this.entry.state = 'waiting';
  }

  attentionOver(): void {
    delete this.status.attention;
    this.status.state = 'running';
    if (this.entry?.state === 'waiting') this.entry.state = 'running';
  }

  showDisk(disk: DiskView): void {
    this.status.disk = disk;
  }

  /** Which system answers, once it is proven; null from a reboot to the next proof. */
  answers(login: Login | null): void {
    if (login === null) delete this.status.login;
    else this.status.login = login;
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

  #end(state: 'done' | 'failed', summary: string | undefined): void {
    const entry = this.entry;
    if (entry === undefined) return;
    entry.state = state;
    entry.endedAt = this.#now();
    if (summary !== undefined) entry.summary = summary;
  }

  #close(state: RunStatus['state']): void {
    delete this.status.attention;
    this.status.state = state;
  }
}
