/**
 * Makes the same pass in every hostile environment, each on a copy of one repository: the commit must be the same byte
 * for byte, and no foreign program may run. Usage: hostile-env.
 */
import { execFile } from 'node:child_process';
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { route } from '../rig/build.js';
import { addPlugin, answers, configDir, routerFile } from '../rig/config-dir.js';
import { conditions, hostileGround, ownRisk } from '../rig/hostile-environments.js';
import type { Ground } from '../rig/hostile-environments.js';
import { checkClean, checkHead } from '../rig/invariants.js';
import { root } from '../rig/root.js';
import { noon, searchPath, storeAt } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';
import { Tally, numbersFrom, runCampaign } from './figures.js';

const run = promisify(execFile);
const program = join(root, 'dist/test/rig/pass-at.js');

/** What is no matter of git: how the process itself was started. */
const shells: Readonly<Record<string, string>> = {
  // With 64, Node cannot even load the modules of the program.
  'few open files': 'ulimit -n 256',
  'a working directory that is gone': 'd=$(mktemp -d) && cd "$d" && rmdir "$d"',
};

export interface HostilePlan {
  /** Take every so many environments; 1 takes each of them. */
  readonly stride: number;
}

interface Environment {
  readonly name: string;
  readonly arrange: (ground: Ground) => unknown;
  /** Line of sh that runs first. */
  readonly shell: string;
}

const environments: readonly Environment[] = [
  ...Object.entries(conditions).map(([name, arrange]) => ({ name, arrange, shell: ':' })),
  ...Object.entries(shells).map(([name, shell]) => ({ name, arrange: () => undefined, shell })),
];

export async function campaign({ stride }: HostilePlan): Promise<Tally> {
  const tally = new Tally('hostile-env', ['otherCommits', 'foreignPrograms', 'damaged', 'failed']);
  const config = await configDir({ 'router.yaml': routerFile(route('default')) });
  await addPlugin(config, 'p', { program: answers('p', { resources: [route('of-p')] }) });
  const base = join(await tempDir(), 'base');
  await storeAt(base, { lineage: 'a'.repeat(32) });
  await pass({ config, state: base, time: noon }, { shell: ':', env: {} });
  // A second generation needs another input; it is the same for all environments.
  await addPlugin(config, 'p', { program: answers('p', { resources: [route('of-p', { metric: 7 })] }) });
  let expected: string | undefined;
  for (const [i, environment] of environments.entries()) {
    if (i % stride !== 0) continue;
    const ground = await hostileGround(await tempDir());
    await cp(base, ground.dir, { recursive: true, preserveTimestamps: true });
    await environment.arrange(ground);
    const commit = await tryPass(
      { config, state: ground.dir, time: noon + 600_000 },
      environment,
      ground,
    ).catch((error: unknown) => {
      tally.fault('failed', `${environment.name}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    });
    if (commit === undefined) continue;
    tally.count('environments');
    expected ??= commit;
    if (commit !== expected) tally.fault('otherCommits', `${environment.name}: ${commit}, not ${expected}`);
    if ((await readdir(join(ground.evil, '../marks'))).length > 0)
      tally.fault('foreignPrograms', environment.name);
    judgeState(ground, environment, tally);
  }
  return tally;
}

function judgeState({ dir }: Ground, { name }: Environment, tally: Tally): void {
  // What a person has put into the repository also reaches that person's own git, which then proves nothing.
  if (ownRisk.has(name)) return;
  try {
    checkHead(dir);
    checkClean(dir);
  } catch (error) {
    tally.fault('damaged', `${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

interface Place {
  readonly config: string;
  readonly state: string;
  readonly time: number;
}

function tryPass(place: Place, { shell }: Environment, ground: Ground): Promise<string> {
  const mask = ground.umask === undefined ? '' : ` && umask ${ground.umask.toString(8)}`;
  return pass(place, { shell: `${shell}${mask}`, env: ground.env });
}

interface Surroundings {
  readonly shell: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

async function pass({ config, state, time }: Place, { shell, env }: Surroundings): Promise<string> {
  const script = `${shell} && exec "$@"`;
  const args = [process.execPath, program, config, state, searchPath, String(time)];
  const defined = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const { stdout } = await run('sh', ['-c', script, 'sh', ...args], {
    env: { PATH: searchPath, ...Object.fromEntries(defined) },
  });
  return stdout.trim();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await runCampaign(() => campaign(numbersFrom(process.argv.slice(2), { stride: 1 })));
}
