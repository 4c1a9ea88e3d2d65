/**
 * Temporal does not answer. Start it, or point to the right one.
 *
 * @where command line, worker
 * @changed Nothing. Runs keep their place in Temporal and go on when it is back.
 * @remedy Start Temporal: `ironstep dev` on this machine. If it runs elsewhere, set
 *   TEMPORAL_ADDRESS (and the other TEMPORAL_ variables), and look at the network between.
 * @example
 * Temporal does not answer at localhost:7233. Nothing was changed; runs keep their place.
 * To start Temporal and a worker on this machine:  ironstep dev
 * To use another Temporal: set TEMPORAL_ADDRESS.
 */
export class TemporalUnreachable extends Error {
  override name = 'TemporalUnreachable';

  constructor(address: string, options: { cause?: unknown } = {}) {
    super(
      `Temporal does not answer at ${address}. Nothing was changed; runs keep their place.\n` +
        'To start Temporal and a worker on this machine:  ironstep dev\n' +
        'To use another Temporal: set TEMPORAL_ADDRESS.',
      options,
    );
  }
}

/**
 * Temporal answers, but cannot work: most often its database is away, or it has just started.
 *
 * @where command line, worker
 * @changed Nothing. Runs keep their place and go on when it can.
 * @remedy Wait a moment and ask again. If it stays so, look at Temporal's database, and at the log
 *   of the Temporal server.
 * @example
 * The Temporal at temporal.example:7233 answers, but cannot work just now. It says: \
 * GetCurrentExecution operation failed. Error: no usable database connection found
 * Nothing was changed; runs keep their place and go on when it can.
 * If it stays so: look at its database, and at the log of the Temporal server.
 */
export class TemporalNotWorking extends Error {
  override name = 'TemporalNotWorking';

  /** `said`: its own words for what is wrong. */
  constructor(address: string, said: string, options: { cause?: unknown } = {}) {
    super(
      `The Temporal at ${address} answers, but cannot work just now. It says: ${said}\n` +
        'Nothing was changed; runs keep their place and go on when it can.\n' +
        'If it stays so: look at its database, and at the log of the Temporal server.',
      options,
    );
  }
}

/**
 * Temporal does not know our search attributes, and a workflow that uses them would hang.
 *
 * @where command line, worker
 * @changed Nothing was started.
 * @remedy Register the attributes with the command in the message, once for each namespace.
 *   `ironstep dev` does it by itself.
 * @example
 * The Temporal at temporal.example:7233 does not know the search attributes of ironstep. \
 * Nothing was started.
 * To register them:  temporal operator search-attribute create --name ServerName --type Keyword \
 * --name Provider --type Keyword --name Phase --type Keyword --name Attention --type Keyword
 * (ironstep dev does it by itself.)
 */
export class SearchAttributesMissing extends Error {
  override name = 'SearchAttributesMissing';

  /** `where` names the Temporal: its address, or its namespace. */
  constructor(where: string, names: readonly string[], options: { cause?: unknown } = {}) {
    const flags = names.map((name) => `--name ${name} --type Keyword`).join(' ');
    super(
      `The Temporal at ${where} does not know the search attributes of ironstep. ` +
        'Nothing was started.\n' +
        `To register them:  temporal operator search-attribute create ${flags}\n` +
        '(ironstep dev does it by itself.)',
      options,
    );
  }
}
