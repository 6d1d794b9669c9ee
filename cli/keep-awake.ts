import { access } from 'node:fs';

const everyMs = 500;

/**
 * Sees to it that nothing waits for ever for a file. glibc before 2.41 can lose the signal that wakes a thread of node's pool
 * (its bug 25847, once in some millions of operations), and what was to be done then waits until the next operation comes.
 * So one comes twice a second, as long as there is anything that the process waits for; it keeps no process from ending.
 */
export function keepAwake(): void {
  setInterval(() => {
    access('/', () => undefined);
  }, everyMs).unref();
}
