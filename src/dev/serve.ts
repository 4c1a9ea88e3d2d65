import type { DevOptions } from './dev.ts';
import { runDev } from './dev.ts';

/** `dev` in the background: its options come as one argument of JSON. */
await runDev(JSON.parse(process.argv[2] ?? '{}') as DevOptions);
