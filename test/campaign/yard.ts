import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomic } from '../../state/files.js';
import { route } from '../rig/build.js';
import { addPlugin, configDir, routerFile } from '../rig/config-dir.js';
import { searchPath, userGit } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

/** What a pass or the daemon reported as done. */
export interface Acknowledged {
  /** Undefined where the report names a commit only. */
  readonly count: number | undefined;
  readonly commit: string | undefined;
}

/**
 * One router whose config holds a counter, its state directory, and a record of what was acknowledged, which is kept
 * outside of both and written whole.
 */
export interface Yard {
  readonly top: string;
  readonly config: string;
  readonly state: string;
  readonly where: readonly string[];
  /** Saves a counter into the config directory, as careful editors do. */
  readonly edit: (count: number, name?: string) => Promise<void>;
  readonly acknowledge: (entry: Acknowledged) => Promise<void>;
  /** Empties the record, for a state directory that was put back. */
  readonly forget: () => Promise<void>;
  readonly acknowledged: () => Promise<readonly Acknowledged[]>;
}

/** A plugin whose answer changes with every run: it brings parts, renewals and lease ends into the history. */
const beat = `#!/bin/sh
cat > /dev/null
now=$(date +%s)
cat << END
{"apiVersion":"plugin.routerd.net/v1alpha1","kind":"PluginResult","metadata":{"name":"beat"},"status":{"resources":[
{"apiVersion":"net.routerd.net/v1alpha1","kind":"IPv4Route","metadata":{"name":"beat"},
"spec":{"destination":"10.255.0.0/16","device":"eth0","metric":$((now % 1000))}}]}}
END
`;

export interface YardOptions {
  /** Where the state directory is; default beside the config directory. */
  readonly state?: string;
  /** Whether a plugin takes part; default true. */
  readonly plugin?: boolean;
  /** Lease of what the plugin proposes; default 5s. */
  readonly ttl?: string;
}

export async function createYard(options: YardOptions = {}): Promise<Yard> {
  const top = await tempDir();
  const config = await configDir({ 'router.yaml': routerFile(route('default')) });
  const state = options.state ?? join(top, 'state');
  const record = join(top, 'record.json');
  if (options.plugin !== false) {
    await addPlugin(config, 'beat', {
      program: beat,
      ttl: options.ttl ?? '5s',
      spec: {
        timeout: '20s',
        capabilities: ['propose.dynamicConfig'],
        triggers: [{ type: 'interval', every: '3s' }],
      },
    });
  }
  const entries: Acknowledged[] = [];
  return {
    top,
    config,
    state,
    where: ['--config', config, '--state', state, '--plugin-dir', join(top, 'no-plugins')],
    edit: (count, name = 'count') => saveCounter(config, name, count),
    async acknowledge(entry) {
      entries.push(entry);
      await writeAtomic(record, JSON.stringify(entries));
    },
    async forget() {
      entries.length = 0;
      await writeAtomic(record, '[]');
    },
    acknowledged: async () =>
      JSON.parse(await readFile(record, 'utf8').catch(() => '[]')) as readonly Acknowledged[],
  };
}

async function saveCounter(config: string, name: string, count: number): Promise<void> {
  const text = `${JSON.stringify(route(name, { destination: addressOf(count) }))}\n`;
  await mkdir(config, { recursive: true });
  await writeFile(join(config, `.${name}.new`), text, { mode: 0o644 });
  await rename(join(config, `.${name}.new`), join(config, `${name}.yaml`));
}

/** A counter in the shape of a destination. */
function addressOf(count: number): string {
  return `10.${(count >> 16) & 255}.${(count >> 8) & 255}.${count & 255}/32`;
}

/** The counter called `name` in the text of a startup-config or effective-config; undefined where there is none. */
export function counterIn(text: string, name = 'count'): number | undefined {
  const found = new RegExp(
    `name: ${name}\\n\\s+spec:\\n\\s+destination: 10\\.(\\d+)\\.(\\d+)\\.(\\d+)/32`,
  ).exec(text);
  if (found === null) return undefined;
  const [a = 0, b = 0, c = 0] = found.slice(1).map(Number);
  return (a << 16) | (b << 8) | c;
}

/** One commit with what the campaigns need of it. */
export interface Step {
  readonly commit: string;
  readonly generation: number | undefined;
  /** `SOURCE#N DIGEST` of the parts that the commit names. */
  readonly parts: readonly string[];
  readonly text: string;
}

/** All commits, oldest first, with two processes however many there are. Empty before the first. */
export function steps(state: string): Step[] {
  const format =
    '%H%x1f%(trailers:key=Generation,valueonly,separator=%x1e)%x1f%(trailers:key=Dynamic-Part,valueonly,separator=%x1e)';
  const lines = userGit(state, 'log', '--reverse', `--format=${format}`)
    .split('\n')
    .filter(line => line !== '');
  const commits = lines.map(line => line.split('\u001f'));
  const texts = filesOf(
    state,
    commits.map(([id = '']) => `${id}:startup-config.yaml`),
  );
  return commits.map(([commit = '', generation = '', parts = ''], i) => ({
    commit,
    generation: generation === '' ? undefined : Number(generation),
    parts: parts.split('\u001e').filter(part => part !== ''),
    text: texts[i] ?? '',
  }));
}

function filesOf(state: string, names: readonly string[]): string[] {
  const output = execFileSync('git', ['-C', state, 'cat-file', '--batch'], {
    input: names.map(name => `${name}\n`).join(''),
    env: { PATH: searchPath, HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' },
    maxBuffer: 1 << 30,
  });
  let at = 0;
  return names.map(() => {
    const end = output.indexOf(0x0a, at);
    const size = Number(output.toString('utf8', at, end).split(' ')[2]);
    if (!Number.isInteger(size)) throw new Error(`git cat-file answered ${output.toString('utf8', at, end)}`);
    at = end + 1 + size + 1;
    return output.toString('utf8', end + 1, end + 1 + size);
  });
}
