import { table } from '../../cli/output/format.js';
import type { Row } from './bench.js';

/** The rows as a table, a line each: what came out, what it should be at most, and what it was measured beside. */
export function reportText(rows: readonly Row[]): string {
  return table(
    ['BENCH', 'RESULT', 'GOAL', '', 'MEDIAN', 'SPREAD', 'BESIDE'],
    rows.map(({ name, unit, value, goal, timing, floors = [], facts = {} }) => [
      name,
      unit === '×' ? `${value.toFixed(2)} ×` : `${value.toFixed(1)} ${unit}`,
      goal === undefined ? '' : String(goal),
      goal === undefined ? '' : value <= goal ? 'reached' : 'not reached',
      timing === undefined ? '' : milliseconds(timing.median),
      timing === undefined ? '' : `${milliseconds(timing.min)} to ${milliseconds(timing.max)}`,
      [
        ...floors.map(floor => `${floor.name} ${milliseconds(floor.median)}`),
        ...Object.entries(facts).map(([fact, number]) => `${fact} ${number}`),
      ].join(', '),
    ]),
  );
}

function milliseconds(time: number): string {
  return `${time.toFixed(time < 10 ? 1 : 0)} ms`;
}
