import { fileURLToPath } from 'node:url';
import { loadBundle } from './load-bundle.js';
import type * as Main from './main.js';

/** `main` out of the bundle beside this file: in dist/bin this stands for main.js (scripts/bundle.ts). */
export const { main } = loadBundle(fileURLToPath(new URL('main.cjs', import.meta.url)))
  .exports as typeof Main;
