import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepAwake } from '../../cli/keep-awake.js';
import { root } from '../rig/root.js';
import { ownership } from './addresses.js';
import { wantedGenerations } from './bench.js';
import type { Bench, Row } from './bench.js';
import { largeDryRun, smallDryRun, version } from './commands.js';
import { growth } from './growth.js';
import { memory } from './memory.js';
import { reportText } from './report.js';
import { largeResult, noop, renewal, sizes, smallResult } from './passes.js';
import { scale } from './scale.js';

/**
 * `npm run bench -- [NAME]… [--json] [--generations=N]`: measures each subject beside the bare tools that do the same work, in
 * the same run, and says so in a table, or with `--json` in JSON. `--smoke` takes small sizes and one round, to see that it works.
 */
const benches: readonly Bench[] = [
  version,
  smallDryRun,
  largeDryRun,
  smallResult,
  largeResult,
  noop,
  renewal,
  sizes,
  growth,
  memory,
  ownership,
  scale,
];

keepAwake();
const words = process.argv.slice(2);
const size = words.includes('--smoke') ? 'smoke' : 'full';
const asJson = words.includes('--json');
const wanted = words.filter(word => !word.startsWith('--'));
const chosen = benches.filter(({ name }) =>
  wanted.length === 0 ? size === 'smoke' || name !== scale.name : wanted.some(word => name.includes(word)),
);

const unknown = wanted.filter(word => !benches.some(({ name }) => name.includes(word)));
if (unknown.length > 0 || !(wantedGenerations() >= 1)) {
  const wrong =
    unknown.length > 0 ? `there is no bench ${unknown.join(', ')}` : '--generations=N is a number above 0';
  process.stderr.write(`${wrong}; benches: ${benches.map(({ name }) => name).join(', ')}\n`);
  process.exit(2);
}

const rows: Row[] = [];
for (const bench of chosen) {
  if (!asJson) process.stderr.write(`${bench.name} …\n`);
  rows.push(...(await bench.run(size)));
}
const document = `${JSON.stringify({ size, node: process.version, rows }, null, 2)}\n`;
process.stdout.write(asJson ? document : reportText(rows));
if (size === 'full') writeFileSync(join(root, 'dist/bench.json'), document);
