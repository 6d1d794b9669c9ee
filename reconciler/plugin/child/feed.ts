import type { Writable } from 'node:stream';

/**
 * Writes the request and closes stdin. A child may close it, never read it or be gone: none of that is an error, and
 * without the listener an EPIPE would end the whole process.
 */
export function feed(stdin: Writable, input: string): void {
  stdin.on('error', () => undefined);
  stdin.end(input);
}
