import { createRequire } from 'node:module';
import type * as SimpleGitModule from 'simple-git';

/** Some 400 bytes are kept of each call, so at most a megabyte; a fresh copy takes 3 ms. */
const callsPerCopy = 2_000;

let copy: typeof SimpleGitModule | undefined;
let callsLeft = 0;

/**
 * simple-git for one call; loaded with the first, as it costs a command some 15 ms.
 *
 * With `onExit: false` each call leaves a reaction on a promise of the module that never settles (simple-git 4.0.2,
 * completion detection), so that a process that runs for months would grow without end. A fresh copy of the module lets
 * go of what the one before it kept. That works with `require` alone, since nobody can unload an imported module. What
 * simple-git itself requires stays loaded, and as it was first required by the first copy, that one stays as well.
 */
export function simpleGitForOneCall(): typeof SimpleGitModule {
  if (copy === undefined || callsLeft === 0) {
    // Made anew as well: it would hold on to everything that was ever required by it.
    const require = createRequire(import.meta.url);
    Reflect.deleteProperty(require.cache, require.resolve('simple-git'));
    copy = require('simple-git') as typeof SimpleGitModule;
    callsLeft = callsPerCopy;
  }
  callsLeft--;
  return copy;
}
