const keyOnALine =
  /(?:^|[\s,"])((?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp\d+|sk-\S+@openssh\.com)\s+AAAA[A-Za-z0-9+/]{20,}={0,3})(?:\s|$)/;

/** Is there a public key in this authorized_keys text? Comments do not count. */
export function holdsPublicKey(text: string): boolean {
  return text.split('\n').some((line) => !line.trim().startsWith('#') && keyOnALine.test(line));
}
