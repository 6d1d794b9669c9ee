import { resolve } from 'node:path';

/** The top of the source tree: tests run from `dist/test/rig`, while fixtures and examples are not compiled. */
export const root = resolve(import.meta.dirname, '../../..');
