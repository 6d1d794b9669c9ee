import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { root } from './root.js';
import { searchPath } from './store.js';
import { tempDir } from './temp.js';

/** How a run of routerctl ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What stdout holds as JSON; throws, showing all of it, where that is none. */
  readonly json: () => unknown;
}

export interface RunOptions {
  /** Added to an environment that holds PATH and a HOME of its own, and nothing else. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A run of routerctl that goes on. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

const program = join(root, 'dist/bin/routerctl.js');

/** Runs the built routerctl to its end, as a shell would that has no variable set but PATH and HOME. */
export async function routerctl(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return (await startRouterctl(args, options)).ended;
}

export async function startRouterctl(args: readonly string[], options: RunOptions = {}): Promise<Running> {
  const child = spawn(process.execPath, [program, ...args], {
    env: await cleanEnv(options.env),
    cwd: options.cwd ?? root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { child, ended: ending(child) };
}

/** Runs a line of sh in which `routerctl` is the built one. */
export async function shell(line: string, options: RunOptions = {}): Promise<Ended> {
  const script = `routerctl() { "$NODE" "$PROGRAM" "$@"; }\n${line}`;
  const env = { ...(await cleanEnv(options.env)), NODE: process.execPath, PROGRAM: program };
  const child = spawn('sh', ['-c', script], {
    env,
    cwd: options.cwd ?? root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return ending(child);
}

async function cleanEnv(more: RunOptions['env']): Promise<Record<string, string>> {
  return { PATH: searchPath, HOME: await tempDir(), ...more };
}

function ending(child: ChildProcess): Promise<Ended> {
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const [stdout, stderr] = [Buffer.concat(out).toString('utf8'), Buffer.concat(err).toString('utf8')];
      resolve({ code, signal, stdout, stderr, json: () => parsed(stdout, stderr) });
    });
  });
}

function parsed(stdout: string, stderr: string): unknown {
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(`this is no JSON:\n${stdout}\nand on stderr:\n${stderr}`);
  }
}
