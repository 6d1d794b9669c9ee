import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../rig/root.js';
import { ownership } from './addresses.js';
import type { Bench, Row } from './bench.js';
import { largeDryRun, smallDryRun, version } from './commands.js';
import { growth } from './growth.js';
import { memory } from './memory.js';
import { largeResult, noop, renewal, sizes, smallResult } from './passes.js';
import { scale } from './scale.js';

/**
 * `npm run bench -- [NAME]… [--json] [--generations=N]`: measures each subject beside the bare tools that do the same work, in
 * the same run. `--smoke` takes small sizes and one round, to see that it works.
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

const words = process.argv.slice(2);
const size = words.includes('--smoke') ? 'smoke' : 'full';
const asJson = words.includes('--json');
const wanted = words.filter(word => !word.startsWith('--'));
const chosen = benches.filter(({ name }) =>
  wanted.length === 0 ? size === 'smoke' || name !== scale.name : wanted.some(word => name.includes(word)),
);

const rows: Row[] = [];
for (const bench of chosen) {
  for (const row of await bench.run(size)) {
    rows.push(row);
    if (!asJson) process.stdout.write(textOf(row));
  }
}
const document = `${JSON.stringify({ size, node: process.version, rows }, null, 2)}\n`;
if (asJson) process.stdout.write(document);
else if (size === 'full') writeFileSync(join(root, 'dist/bench.json'), document);

function textOf({ name, unit, value, goal, timing, floors = [], facts = {} }: Row): string {
  const number = unit === '×' ? `${value.toFixed(2)} ×` : `${value.toFixed(1)} ${unit}`;
  const aim = goal === undefined ? '' : ` (goal ${goal}, ${value <= goal ? 'reached' : 'not reached'})`;
  const ms = (time: number) => `${time.toFixed(time < 10 ? 1 : 0)} ms`;
  const spread =
    timing === undefined ? '' : `\n    ${ms(timing.median)}, from ${ms(timing.min)} to ${ms(timing.max)}`;
  const beside = floors.map(floor => `\n    ${floor.name}: ${ms(floor.median)}`).join('');
  const more = Object.entries(facts).map(([key, fact]) => `\n    ${key}: ${fact}`);
  return `${name}: ${number}${aim}${spread}${beside}${more.join('')}\n`;
}
