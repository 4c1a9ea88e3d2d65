import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where recorded histories are, one a scenario; `npm run histories` writes them. */
export const historiesFolder = fileURLToPath(new URL('./histories/', import.meta.url));

/** Name and content of each recorded history. */
export function recordedHistories(): { name: string; history: unknown }[] {
  return readdirSync(historiesFolder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => ({
      name: file.replace(/\.json$/, ''),
      history: JSON.parse(readFileSync(`${historiesFolder}${file}`, 'utf8')) as unknown,
    }));
}
