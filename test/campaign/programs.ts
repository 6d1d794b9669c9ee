import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../rig/root.js';
import { searchPath } from '../rig/store.js';
import { counterIn } from './yard.js';
import type { Yard } from './yard.js';

/** `node`: the program alone. `group`: everything that it has started as well, as when a service's cgroup is killed. */
export type Victim = 'node' | 'group';

/** A run of the real routerctl or routerd. */
export interface Started {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves when the process itself has ended, while others may still hold its output. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

export interface StartOptions {
  /** Default the PATH of the tests. */
  readonly path?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Options of node, such as a module to load first. */
  readonly node?: readonly string[];
  readonly onLine?: (line: string) => void;
}

export function start(
  program: 'routerctl' | 'routerd',
  args: readonly string[],
  options: StartOptions = {},
): Started {
  const file = join(root, `dist/bin/${program}.js`);
  const child = spawn(process.execPath, [...(options.node ?? []), file, ...args], {
    cwd: '/',
    env: { PATH: options.path ?? searchPath, HOME: '/nonexistent', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let [out, err, rest] = ['', '', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => {
    const text = chunk.toString('utf8');
    if (err.length < 100_000) err += text;
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) options.onLine?.(line);
  });
  const ended = once(child, 'exit').then(values => {
    const [code, signal] = values as [number | null, NodeJS.Signals | null];
    return { code, signal };
  });
  return { child, stdout: () => out, stderr: () => err, ended };
}

/** How a pass ended, and what it reported as done. */
export interface Pass {
  readonly code: number | null;
  readonly commit: string | undefined;
  readonly stderr: string;
  readonly ms: number;
}

/** One `routerctl reconcile` to its end; acknowledges the counter where it says that all is done. */
export async function reconcile(yard: Yard, count: number, options: StartOptions = {}): Promise<Pass> {
  const begun = performance.now();
  const run = start('routerctl', ['reconcile', ...yard.where, '-o', 'json'], options);
  const closed = once(run.child, 'close');
  const { code } = await run.ended;
  const ms = performance.now() - begun;
  if (code === null) return { code, commit: undefined, stderr: run.stderr(), ms };
  await closed;
  const commit = commitIn(run.stdout());
  if (code === 0) await yard.acknowledge({ count, commit });
  return { code, commit, stderr: run.stderr(), ms };
}

/** The commit that a report of `reconcile -o json` names. */
export function commitIn(stdout: string): string | undefined {
  try {
    const { commit } = JSON.parse(stdout) as { readonly commit?: string | null };
    return commit ?? undefined;
  } catch {
    return undefined;
  }
}

/** The commit that a JSON line of the daemon's log names. */
export function commitInLog(line: string): string | undefined {
  return commitIn(line);
}

/** SIGKILL. What the victim has started is looked up first: afterwards nobody knows whose children they were. */
export function killHard(pid: number, victim: Victim): void {
  const all = victim === 'node' ? [pid] : [pid, ...descendants(pid)];
  for (const one of all) {
    try {
      process.kill(one, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  }
}

function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(Number(name));
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const below = (id: number): number[] => (children.get(id) ?? []).flatMap(child => [child, ...below(child)]);
  return below(pid);
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}

/** The counter that the visible files show; undefined where there is none. */
export async function visibleCount(yard: Yard, name = 'count'): Promise<number | undefined> {
  const text = await readFile(join(yard.state, 'effective-config.yaml'), 'utf8').catch(() => '');
  return counterIn(text, name);
}
