/** A systemd unit as text: its sections, each with its lines. */
export function unitFile(sections: Record<string, string[]>): string {
  const texts = Object.entries(sections).map(([name, lines]) => `[${name}]\n${lines.join('\n')}\n`);
  return texts.join('\n');
}
