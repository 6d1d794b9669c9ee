import type { Readable } from 'node:stream';
import { excerpt } from './excerpt.js';

/** The first and the last 32 KiB of stderr are kept, the rest is read and dropped. */
const keep = 32 * 1024;

export class StderrCapture {
  readonly #stream: Readable;
  readonly #head = Buffer.alloc(keep);
  /** The last bytes stand at its end. */
  readonly #tail = Buffer.alloc(keep);
  #size = 0;
  #ended = false;

  constructor(stream: Readable, onEnd: () => void) {
    this.#stream = stream;
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => {
      this.#add(chunk);
    });
    stream.on('end', () => {
      this.#ended = true;
      onEnd();
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  close(): void {
    this.#stream.destroy();
  }

  /** What goes into the record. */
  text(): string {
    const head = this.#head.subarray(0, this.#size);
    const tail = this.#tail.subarray(keep - Math.min(keep, this.#size - head.length));
    return excerpt(head, tail, this.#size);
  }

  #add(chunk: Buffer): void {
    const toHead = this.#size < keep ? chunk.copy(this.#head, this.#size) : 0;
    this.#size += chunk.length;
    const rest = chunk.subarray(toHead).subarray(-keep);
    if (rest.length === 0) return;
    this.#tail.copyWithin(0, rest.length);
    rest.copy(this.#tail, keep - rest.length);
  }
}
