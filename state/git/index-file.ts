import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { errnoOf } from '../errno.js';
import { readRegular } from '../files.js';

/** What git's index remembers of a file: its content, and what `lstat` said when it had that content. */
export interface IndexEntry {
  readonly id: string;
  readonly mtime: Stamp;
  readonly ctime: Stamp;
  /** Both cut to 32 bits. */
  readonly inode: number;
  readonly size: number;
}

interface Stamp {
  readonly seconds: number;
  readonly nanoseconds: number;
}

export interface IndexFile {
  readonly entries: ReadonlyMap<string, IndexEntry>;
  /** When the index itself was written. */
  readonly writtenNs: bigint;
}

const indexLimit = 1 << 30;

/**
 * Reads a version 2 index (gitformat-index(5)). Undefined for one that is missing, of another version, damaged, or that
 * holds what a projection never writes (merge stages, modes, flags of a person's git): it is then made anew.
 */
export async function readIndex(path: string): Promise<IndexFile | undefined> {
  try {
    const writtenNs = (await lstat(path, { bigint: true })).mtimeNs;
    const entries = parseIndex((await readRegular(path, indexLimit)).bytes);
    return entries === undefined ? undefined : { entries, writtenNs };
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

const headerLength = 12;
const checksumLength = 20;
const entryLength = 62;

export function parseIndex(bytes: Buffer): Map<string, IndexEntry> | undefined {
  const end = bytes.length - checksumLength;
  if (end < headerLength || bytes.toString('latin1', 0, 4) !== 'DIRC' || bytes.readUInt32BE(4) !== 2)
    return undefined;
  const checksum = createHash('sha1').update(bytes.subarray(0, end)).digest();
  if (!checksum.equals(bytes.subarray(end))) return undefined;
  const entries = new Map<string, IndexEntry>();
  let at = headerLength;
  for (let left = bytes.readUInt32BE(8); left > 0; left--) {
    const nameEnd = at + entryLength <= end ? bytes.indexOf(0, at + entryLength) : -1;
    if (nameEnd === -1 || nameEnd >= end) return undefined;
    const flags = bytes.readUInt16BE(at + 60);
    const plain = bytes.readUInt32BE(at + 24) === 0o100644 && (flags & 0xf000) === 0;
    if (!plain) return undefined;
    entries.set(bytes.toString('utf8', at + entryLength, nameEnd), {
      id: bytes.toString('hex', at + 40, at + 60),
      ctime: { seconds: bytes.readUInt32BE(at), nanoseconds: bytes.readUInt32BE(at + 4) },
      mtime: { seconds: bytes.readUInt32BE(at + 8), nanoseconds: bytes.readUInt32BE(at + 12) },
      inode: bytes.readUInt32BE(at + 20),
      size: bytes.readUInt32BE(at + 36),
    });
    // Entries are padded with one to eight NULs to a multiple of eight.
    at += (entryLength + (nameEnd - at - entryLength) + 8) & ~7;
  }
  return entries;
}

/**
 * Whether a file must still have the content of its entry. As in git, a file as young as the index may have been
 * changed again without a new time stamp ("racily clean"), so that it has to be read.
 */
export function isUntouched(entry: IndexEntry, stats: BigIntStats, index: IndexFile): boolean {
  return (
    sameStamp(entry.mtime, stats.mtimeNs) &&
    sameStamp(entry.ctime, stats.ctimeNs) &&
    entry.inode === Number(BigInt.asUintN(32, stats.ino)) &&
    entry.size === Number(BigInt.asUintN(32, stats.size)) &&
    stats.mtimeNs < index.writtenNs
  );
}

function sameStamp(stamp: Stamp, ns: bigint): boolean {
  const seconds = Number(BigInt.asUintN(32, ns / 1_000_000_000n));
  return stamp.seconds === seconds && stamp.nanoseconds === Number(ns % 1_000_000_000n);
}
