/** Shorter values are no secrets, and would blacken ordinary words in a log. */
const minLength = 6;

/** A line of a longer secret (the body of a private key) is one too, from this length on. */
const minLineLength = 24;

const shown = '[secret]';

/**
 * A private key of anybody, by its frame (RFC 7468, OpenSSH, PGP). One that was cut off ends with
 * the text or, in JSON, with the string that it is in: such a block holds no quotation mark.
 */
const keyBlock =
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^"]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|(?=\\*"|$))/g;

/** A lone backslash that was the first half of a JSON escape whose second half began a secret. */
const halfEscape = /(?<!\\)((?:\\\\)*)\\(?=\[secret\])/g;

/**
 * Secret values, and how to take them out of a text again. One pass over the text however many
 * values there are: each is looked up by its first characters.
 */
export class KnownSecrets {
  /** By the first `minLength` characters, longest first, because one secret may begin another. */
  readonly #byHead = new Map<string, { form: string; instead: string }[]>();

  /** Values of fewer than 6 characters or bytes are not taken for secrets. */
  remember(value: string | Buffer): void {
    const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value);
    if (bytes.length < minLength) return;
    const forms = typeof value === 'string' ? textForms(value) : [];
    for (const form of [...forms, ...byteForms(bytes)]) this.#add(form, shown);
    // As JSON writes a Buffer. A number in its place leaves the line valid JSON.
    this.#add(bytes.join(','), '0');
  }

  /**
   * The text with `[secret]` where a known value stood, also one that was escaped for JSON or a
   * URL or written as base64, hex or bytes, and where a private key of anybody stood. What was
   * valid JSON stays valid.
   */
  redact(text: string): string {
    let kept = '';
    let from = 0;
    for (let at = 0; at <= text.length - minLength; at += 1) {
      const candidates = this.#byHead.get(text.slice(at, at + minLength));
      const found = candidates?.find(({ form }) => text.startsWith(form, at));
      if (found === undefined) continue;
      kept += text.slice(from, at) + found.instead;
      from = at + found.form.length;
      at = from - 1;
    }
    return (kept + text.slice(from)).replace(keyBlock, shown).replace(halfEscape, '$1');
  }

  #add(form: string, instead: string): void {
    if (form.length < minLength) return;
    const head = form.slice(0, minLength);
    const others = this.#byHead.get(head) ?? [];
    if (others.some((other) => other.form === form)) return;
    others.push({ form, instead });
    this.#byHead.set(
      head,
      others.sort((one, other) => other.form.length - one.form.length),
    );
  }
}

function textForms(value: string): string[] {
  const lines = value.split('\n').filter((line) => line.length >= minLineLength);
  return [value, ...lines].flatMap((text) => [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text),
  ]);
}

function byteForms(bytes: Buffer): string[] {
  const base64 = bytes.toString('base64').replace(/=+$/, '');
  return [base64, bytes.toString('base64url'), bytes.toString('hex')];
}

/** All that this process ever learned: whatever brings a secret in remembers it here. */
const ofThisProcess = new KnownSecrets();

/** From now on `redact` takes this value out. For the places where a secret enters the process. */
export function rememberSecret(value: string | Buffer): void {
  ofThisProcess.remember(value);
}

/** The text without any secret of this process. For everything that leaves it to be read. */
export function redact(text: string): string {
  return ofThisProcess.redact(text);
}
