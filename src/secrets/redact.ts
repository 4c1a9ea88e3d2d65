import type { Secret } from './secret.ts';

/** Shorter values are no secrets, and would blacken ordinary words in a log. */
const minSecretLength = 6;

/**
 * Makes a function that replaces every given secret in a text by `[secret]`, also where it was
 * escaped for JSON (a private key has line breaks) or for a URL. For log lines and messages.
 */
export function createRedactor(secrets: Secret[]): (text: string) => string {
  const forms = secrets
    .map((secret) => secret.reveal())
    .filter((value) => value.length >= minSecretLength)
    .flatMap((value) => [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)]);
  // Longest first: a secret may contain another one.
  const ordered = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return (text) => ordered.reduce((rest, form) => rest.replaceAll(form, '[secret]'), text);
}
