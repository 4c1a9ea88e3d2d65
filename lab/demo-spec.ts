import { readFileSync } from 'node:fs';

import { parseDocument } from 'yaml';

const example = new URL('../examples/demo.yaml', import.meta.url);

/**
 * examples/demo.yaml for a machine whose SSH answers on this port: an ordinary user's lab cannot
 * have port 22 (`labUp`), which is what the example leaves out.
 */
export function demoSpec(sshPort: number): string {
  const text = readFileSync(example, 'utf8');
  if (sshPort === 22) return text;
  const spec = parseDocument(text);
  spec.setIn(['ssh', 'port'], sshPort);
  return String(spec);
}
