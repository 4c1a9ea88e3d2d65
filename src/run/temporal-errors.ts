/** Temporal does not answer. Start it, or point to the right one. */
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

/** Temporal does not know our search attributes, and a workflow that uses them would hang. */
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
