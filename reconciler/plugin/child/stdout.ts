import type { Readable } from 'node:stream';

/** Collects stdout up to a limit; past it the stream is closed and nothing more is kept. */
export class StdoutCapture {
  readonly #stream: Readable;
  readonly #limit: number;
  /** One growing buffer: a list of chunks takes many times their bytes when a child prints them one by one. */
  #bytes = Buffer.alloc(0);
  #size = 0;
  #ended = false;
  #tooLarge = false;

  /** `onEnd` is called once: at the end of the stream, or when the limit is passed. */
  constructor(stream: Readable, limit: number, onEnd: () => void) {
    this.#stream = stream;
    this.#limit = limit;
    stream.on('error', () => undefined);
    stream.on('end', () => {
      this.#ended = true;
      onEnd();
    });
    stream.on('data', (chunk: Buffer) => {
      const room = limit - this.#size;
      this.#add(chunk.subarray(0, room));
      if (chunk.length <= room) return;
      this.#tooLarge = true;
      this.#ended = true;
      // A destroyed stream emits neither 'data' nor 'end' again.
      this.close();
      onEnd();
    });
  }

  /** Whether nobody holds it open any more, or it was closed because of its size. */
  get ended(): boolean {
    return this.#ended;
  }

  get tooLarge(): boolean {
    return this.#tooLarge;
  }

  close(): void {
    this.#stream.destroy();
  }

  /** What was read, as far as the limit. */
  content(): Buffer {
    return this.#bytes.subarray(0, this.#size);
  }

  #add(chunk: Buffer): void {
    const size = this.#size + chunk.length;
    if (size > this.#bytes.length) {
      const room = Math.min(this.#limit, Math.max(size, 2 * this.#bytes.length));
      const larger = Buffer.alloc(room);
      this.#bytes.copy(larger, 0, 0, this.#size);
      this.#bytes = larger;
    }
    chunk.copy(this.#bytes, this.#size);
    this.#size = size;
  }
}
