import { spawnSync } from 'node:child_process';

/** Whose death is tried. All by SIGKILL. */
export type Victim =
  /** What holds the other ends of the starter's stdin and stdout: the worker, ssh, sshd. */
  | 'client'
  /** The shell that runs `job.sh start`; what it has forked lives on. */
  | 'starter'
  /** The starter and all in its process group: what an ending session may do. */
  | 'group'
  /** The shell that runs `job.sh supervise`. */
  | 'supervisor'
  /** Every process of the story: out of memory, or a person with `killall`. */
  | 'all';

export type Role = 'starter' | 'supervisor';

/** The n-th time that a process of this role comes to a line with a command. */
export type Hit = { role: Role; number: number; line: number };

/**
 * What the probe reads from its environment:
 * PROBE_JOB     folder of the job's attempt
 * PROBE_CLIENT  process group of the client
 * PROBE_TRACE   a file that gets a line for every hit, or nothing
 * PROBE_AT      `ROLE NUMBER` of the hit at which to kill, or nothing
 * PROBE_VICTIM  whom
 * PROBE_NOTE    a file that gets where the kill fell, just before it
 */
const probe = `probe_hits=0
case $1 in supervise) probe_role=supervisor ;; *) probe_role=starter ;; esac
[ $probe_role = supervisor ] || { PROBE_STARTER=$$; export PROBE_STARTER; }
probe() {
  probe_hits=$((probe_hits + 1))
  [ -z "$PROBE_TRACE" ] || echo "$probe_role $probe_hits $1" >>"$PROBE_TRACE"
  if [ "$probe_role $probe_hits" = "$PROBE_AT" ]; then probe_kill; fi
  if [ $probe_role = starter ] && [ -n "\${!:-}" ]; then probe_hold; fi
}
# After the fork the starter waits for a kill in the supervisor, so that it is there to be killed.
probe_hold() {
  case $PROBE_AT in
    supervisor*) until [ -e "$PROBE_NOTE" ]; do sleep 0.01; done ;;
  esac
}
probe_kill() {
  probe_fell=running
  [ -s "$PROBE_JOB.starts" ] || probe_fell=claimed
  [ -d "$PROBE_JOB" ] || probe_fell=before
  [ ! -e "$PROBE_JOB/rc" ] || probe_fell=ended
  echo "$probe_fell" >"$PROBE_NOTE.new"
  mv "$PROBE_NOTE.new" "$PROBE_NOTE"
  case $PROBE_VICTIM in
    client) kill -s KILL -- "-$PROBE_CLIENT" ;;
    starter) kill -KILL "$PROBE_STARTER" ;;
    group) kill -s KILL -- "-$PROBE_STARTER" ;;
    supervisor) kill -KILL $$ ;;
    all) kill -s KILL -- "-$PROBE_CLIENT" "-$PROBE_STARTER" $$ ;;
  esac
}
`;

/**
 * A copy of a shell script of ours that calls `probe` before each line where a command can stand.
 * The shipped script stays as it is. Lines are numbered as in the original.
 */
export function probedScript(source: string): string {
  const lines = source.split('\n');
  const from = lines.findIndex((line) => line.startsWith('main() {')) + 1;
  const probed = lines.map((line, index) => {
    if (index < from || isNoCommand(line) || goesOn(lines[index - 1] ?? '')) return line;
    const candidate = `probe ${index + 1}\n${line}`;
    return parses(lines.toSpliced(index, 1, candidate).join('\n')) ? candidate : line;
  });
  const [shebang = '', ...rest] = probed;
  return [shebang, probe, ...rest].join('\n');
}

function isNoCommand(line: string): boolean {
  return /^\s*(#|$)|^main "\$@"|^\}|^\w+\(\) \{/.test(line);
}

/** The command of this line has not ended: a probe behind it would become part of it. */
function goesOn(line: string): boolean {
  return /(\\|\||&&)\s*$/.test(line);
}

function parses(script: string): boolean {
  return spawnSync('sh', ['-n'], { input: script }).status === 0;
}
