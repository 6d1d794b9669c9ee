import { isAscii } from 'node:buffer';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Script } from 'node:vm';

/** A CommonJS file that has been run. */
export interface LoadedBundle {
  readonly exports: unknown;
  /** What V8 has compiled of it by now, for `<file>.cache`. */
  readonly compiled: () => Buffer;
}

const digestLength = 32;

/**
 * Runs a CommonJS file with what V8 had compiled of it when it was built, which spares a command most of its start. V8
 * takes that only from the very same V8; whether it is whole, and of this file, is for us to see. Without it the file is
 * compiled as usual.
 */
export function loadBundle(file: string): LoadedBundle {
  const source = readFileSync(file);
  const cachedData = readCompiled(`${file}.cache`, source);
  const text = source.toString(isAscii(source) ? 'latin1' : 'utf8');
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${text}\n})`, {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  const module = { exports: {} as unknown };
  const run = script.runInThisContext() as (...args: readonly unknown[]) => void;
  run(module.exports, createRequire(file), module, file, dirname(file));
  return {
    exports: module.exports,
    compiled: () => {
      const data = script.createCachedData();
      return Buffer.concat([digestOf(source, data), data]);
    },
  };
}

function readCompiled(path: string, source: Buffer): Buffer | undefined {
  try {
    const content = readFileSync(path);
    const data = content.subarray(digestLength);
    return digestOf(source, data).equals(content.subarray(0, digestLength)) ? data : undefined;
  } catch {
    return undefined;
  }
}

function digestOf(source: Buffer, data: Buffer): Buffer {
  // V8 itself asks neither for the source, beyond its length, nor for the kind of machine.
  const machine = `${process.arch} ${process.versions.v8}\0`;
  return createHash('sha256').update(machine).update(source).update(data).digest();
}
