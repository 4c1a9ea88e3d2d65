import type { LabServer } from './lab-server.ts';
import type { Visit } from './server-record.ts';

/** How quickly people come: at OVH minutes to hours. */
export type TechnicianPace = {
  /** So long a watched server may leave pings unanswered. */
  alarmAfterMs: number;
  /** From the alarm to a person at the machine. */
  arriveAfterMs: number;
  /** From the boot by hand to the end of the intervention. */
  leaveAfterMs: number;
};

type Surroundings = {
  pace: TechnicianPace;
  now: () => number;
  /** Does the machine answer a ping at this moment? */
  pings: (server: LabServer) => Promise<boolean>;
};

/** Interventions are one sequence for the whole provider. */
const firstVisitId = 55_812;

/**
 * The provider's monitoring, which pings its servers, and the technicians whom it sends to one that
 * does not come back: they boot rescue by hand and leave it so, as OVH's do (providers.md §2.7).
 */
export class Technicians {
  readonly #around: Surroundings;
  /** When each server, by its name, last answered a ping since it is watched. */
  readonly #answered = new Map<string, number>();
  readonly #busy = new Set<string>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Pings what is watched, sends who is needed, and lets them do their work. */
  async tick(servers: LabServer[]): Promise<void> {
    await Promise.all(servers.map((server) => this.#look(server, servers)));
  }

  /** Somebody is sent to the machine, whatever monitoring says. */
  send(server: LabServer, why: string, servers: LabServer[]): void {
    const ids = servers.flatMap(({ visits }) => visits.map(({ id }) => id));
    const id = Math.max(firstVisitId - 1, ...ids) + 1;
    const sentAtMs = this.#around.now();
    server.keepVisits([...server.visits, { id, why, sentAtMs, rescueAtMs: null, leftAtMs: null }]);
  }

  async #look(server: LabServer, servers: LabServer[]): Promise<void> {
    const { name } = server.config;
    if (this.#busy.has(name)) return;
    this.#busy.add(name);
    try {
      const visit = server.visits.find(({ leftAtMs }) => leftAtMs === null);
      if (visit !== undefined) await this.#work(server, visit);
      else if (await this.#isMissed(server)) this.send(server, 'no answer to pings', servers);
    } finally {
      this.#busy.delete(name);
    }
  }

  /** A server that never answered since it is watched is none that did not come back. */
  async #isMissed(server: LabServer): Promise<boolean> {
    const { name } = server.config;
    const { monitoring, noIntervention } = server.settings;
    if (!monitoring || noIntervention) {
      this.#answered.delete(name);
      return false;
    }
    const now = this.#around.now();
    if (await this.#around.pings(server)) this.#answered.set(name, now);
    const lastMs = this.#answered.get(name);
    if (lastMs === undefined || now - lastMs < this.#around.pace.alarmAfterMs) return false;
    this.#answered.delete(name);
    return true;
  }

  async #work(server: LabServer, visit: Visit): Promise<void> {
    const { arriveAfterMs, leaveAfterMs } = this.#around.pace;
    const now = this.#around.now();
    if (visit.rescueAtMs === null) {
      if (now - visit.sentAtMs < arriveAfterMs) return;
      this.#change(server, { ...visit, rescueAtMs: now });
      await server.bootRescueByHand();
    } else if (now - visit.rescueAtMs >= leaveAfterMs) {
      this.#change(server, { ...visit, leftAtMs: now });
    }
  }

  #change(server: LabServer, visit: Visit): void {
    server.keepVisits(server.visits.map((each) => (each.id === visit.id ? visit : each)));
  }
}
