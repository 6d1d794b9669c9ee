import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../rig/root.js';
import { addressWork } from './addresses.js';
import { command, measure } from './measure.js';
import type { Subject, Timing } from './measure.js';
import { makeWorkspace } from './workspace.js';

/** A subject beside the floor of the same work: the bare tool, in the same run. */
interface Bench {
  readonly name: string;
  readonly subject: () => void;
  readonly floor: string;
}

const node = process.execPath;
const cli = join(root, 'dist/bin/routerctl.js');
const smoke = process.argv.includes('--smoke');
const wanted = process.argv.slice(2).filter(argument => !argument.startsWith('--'));

const small = makeWorkspace({ resources: 100 });
const large = makeWorkspace({ resources: smoke ? 200 : 2_000 });
const addresses = addressWork(smoke ? 1_000 : 10_000);
const scratch = mkdtempSync(join(tmpdir(), 'routerd-floor-'));
writeFileSync(join(scratch, 'hello.mjs'), "process.stdout.write('hello\\n');\n");
command('git', ['init', '-q', join(scratch, 'repository')]);
for (const { config, state } of [small, large])
  command(node, [cli, 'reconcile', '--config', config, '--state', state]);

const pass = (workspace: typeof small, ...more: string[]) => {
  command(node, [cli, 'reconcile', '--config', workspace.config, '--state', workspace.state, ...more]);
};

const floors: readonly Subject[] = [
  {
    name: 'node ESM hello',
    run: () => {
      command(node, [join(scratch, 'hello.mjs')]);
    },
  },
  {
    name: 'git commit, durable',
    run: () => {
      const git = [
        '-C',
        join(scratch, 'repository'),
        '-c',
        'user.name=b',
        '-c',
        'user.email=b@example.org',
        '-c',
        'core.fsync=all',
      ];
      command('git', [...git, 'commit', '-q', '--allow-empty', '-m', 'floor']);
    },
  },
  { name: 'read the same answer', run: addresses.parse },
];

const benches: readonly Bench[] = [
  {
    name: 'routerctl --version',
    floor: 'node ESM hello',
    subject: () => {
      command(node, [cli, '--version']);
    },
  },
  {
    name: 'validate, 100 resources',
    floor: 'node ESM hello',
    subject: () => {
      command(node, [cli, 'validate', small.config]);
    },
  },
  {
    name: 'reconcile --dry-run, 100 resources',
    floor: 'node ESM hello',
    subject: () => {
      pass(small, '--dry-run');
    },
  },
  {
    name: 'reconcile, 100 resources, nothing to do',
    floor: 'node ESM hello',
    subject: () => {
      pass(small);
    },
  },
  {
    name: 'reconcile, 100 resources, one edited',
    floor: 'git commit, durable',
    subject: () => {
      small.edit();
      pass(small);
    },
  },
  {
    name: `reconcile --dry-run, ${smoke ? 200 : '2,000'} resources`,
    floor: 'node ESM hello',
    subject: () => {
      pass(large, '--dry-run');
    },
  },
  {
    name: `ownership of ${smoke ? '1,000' : '10,000'} addresses`,
    floor: 'read the same answer',
    subject: addresses.resolve,
  },
];

const chosen = benches.filter(({ name }) => wanted.length === 0 || wanted.some(word => name.includes(word)));
const subjects = chosen.map(({ name, subject }): Subject => ({ name, run: subject }));
const timings = await measure([...floors, ...subjects], smoke ? 1 : 7);
const timing = (name: string): Timing =>
  timings.find(entry => entry.name === name) ?? { name, median: Number.NaN, min: 0, max: 0 };

const rows = chosen.map(({ name, floor }) => ({
  ...timing(name),
  floor,
  floorMedian: timing(floor).median,
  ratio: timing(name).median / timing(floor).median,
}));
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
else {
  const ms = (value: number) => `${value.toFixed(0)} ms`.padStart(8);
  for (const row of rows) {
    process.stdout.write(
      `${row.name.padEnd(44)} ${ms(row.median)} (${ms(row.min)} –${ms(row.max)})  ${row.ratio.toFixed(2).padStart(6)} × ${row.floor} (${ms(row.floorMedian).trim()})\n`,
    );
  }
}
for (const { remove } of [small, large]) remove();
rmSync(scratch, { recursive: true, force: true });
