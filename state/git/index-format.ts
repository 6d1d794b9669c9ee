import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';

/**
 * What git's index remembers of a plain file: its content, and what `lstat` said while it had that content. Each number
 * is cut to 32 bits, as in the file. Zeros say that nobody knows, so git reads the file.
 */
export interface IndexEntry {
  readonly id: string;
  readonly ctime: number;
  readonly ctimeNs: number;
  readonly mtime: number;
  readonly mtimeNs: number;
  readonly dev: number;
  readonly ino: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
}

export type IndexEntries = ReadonlyMap<string, IndexEntry>;

const fields = ['ctime', 'ctimeNs', 'mtime', 'mtimeNs', 'dev', 'ino', 'mode', 'uid', 'gid', 'size'] as const;

const signature = 'DIRC';
const version = 2;
const headerLength = 12;
const checksumLength = 20;
const idAt = 40;
const flagsAt = 60;
const nameAt = 62;
const plainMode = 0o100644;

/**
 * Reads a version 2 index (gitformat-index(5)). Undefined for one of another version, a damaged one, and one that holds
 * what `formatIndex` never writes: merge stages, other modes, flags.
 */
export function parseIndex(bytes: Buffer): Map<string, IndexEntry> | undefined {
  const end = bytes.length - checksumLength;
  if (end < headerLength || bytes.toString('latin1', 0, 4) !== signature) return undefined;
  if (bytes.readUInt32BE(4) !== version) return undefined;
  if (!checksumOf(bytes.subarray(0, end)).equals(bytes.subarray(end))) return undefined;
  const entries = new Map<string, IndexEntry>();
  let at = headerLength;
  for (let left = bytes.readUInt32BE(8); left > 0; left--) {
    const nameEnd = at + nameAt <= end ? bytes.indexOf(0, at + nameAt) : -1;
    if (nameEnd === -1 || nameEnd >= end) return undefined;
    const entry = { id: bytes.toString('hex', at + idAt, at + flagsAt), mode: 0, ...unknown };
    for (const [i, field] of fields.entries()) entry[field] = bytes.readUInt32BE(at + 4 * i);
    const { mode, ...rest } = entry;
    if (mode !== plainMode || (bytes.readUInt16BE(at + flagsAt) & 0xf000) !== 0) return undefined;
    entries.set(bytes.toString('utf8', at + nameAt, nameEnd), rest);
    at += entryLength(nameEnd - at - nameAt);
  }
  return entries;
}

/** The bytes of an index with these entries. Paths are ASCII, so that the order of strings is that of bytes. */
export function formatIndex(entries: IndexEntries): Buffer {
  const header = Buffer.alloc(headerLength);
  header.write(signature, 'latin1');
  header.writeUInt32BE(version, 4);
  header.writeUInt32BE(entries.size, 8);
  const parts = [header];
  for (const [path, entry] of [...entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const part = Buffer.alloc(entryLength(path.length));
    for (const [i, field] of fields.entries()) {
      part.writeUInt32BE(field === 'mode' ? plainMode : entry[field], 4 * i);
    }
    part.write(entry.id, idAt, 'hex');
    part.writeUInt16BE(Math.min(path.length, 0xfff), flagsAt);
    part.write(path, nameAt, 'latin1');
    parts.push(part);
  }
  const content = Buffer.concat(parts);
  return Buffer.concat([content, checksumOf(content)]);
}

const unknown = { ctime: 0, ctimeNs: 0, mtime: 0, mtimeNs: 0, dev: 0, ino: 0, uid: 0, gid: 0, size: 0 };

/** The entry of a file with this content; without `stats`, one that makes git look for itself. */
export function indexEntry(id: string, stats: BigIntStats | undefined): IndexEntry {
  if (stats === undefined) return { id, ...unknown };
  return {
    id,
    ctime: cut(stats.ctimeNs / second),
    ctimeNs: cut(stats.ctimeNs % second),
    mtime: cut(stats.mtimeNs / second),
    mtimeNs: cut(stats.mtimeNs % second),
    dev: cut(stats.dev),
    ino: cut(stats.ino),
    uid: cut(stats.uid),
    gid: cut(stats.gid),
    size: cut(stats.size),
  };
}

export function sameEntry(a: IndexEntry, b: IndexEntry): boolean {
  return a.id === b.id && fields.every(field => field === 'mode' || a[field] === b[field]);
}

const second = 1_000_000_000n;

function cut(value: bigint): number {
  return Number(BigInt.asUintN(32, value));
}

/** Padded with one to eight NULs to a multiple of eight. */
function entryLength(nameLength: number): number {
  return (nameAt + nameLength + 8) & ~7;
}

function checksumOf(content: Uint8Array): Buffer {
  return createHash('sha1').update(content).digest();
}
