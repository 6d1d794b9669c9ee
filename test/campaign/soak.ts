import { removeTempDirs } from '../rig/temp.js';
import { numbersFrom } from './figures.js';
import { soak } from './soak-run.js';

/** `npm run test:soak -- --generations N`: memory in use stays flat, open files constant, loose objects bounded. */
const { generations } = numbersFrom(process.argv.slice(2), { generations: 20_000 });
try {
  const figures = await soak(generations);
  const words = Object.entries(figures).map(([key, value]) => `${key}=${value}`);
  process.stdout.write(`soak: ${words.join(' ')}\n`);
  const { heapStart, heapEnd, fdsStart, fdsEnd, looseMost } = figures;
  if (heapEnd - heapStart > 10 || fdsEnd > fdsStart || looseMost > 2_000) process.exitCode = 1;
} finally {
  await removeTempDirs();
}
