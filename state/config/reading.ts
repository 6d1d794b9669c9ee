import { keepDocument, restoreDocument } from '../../protocol/kept-document.js';
import type { KeptDocument } from '../../protocol/kept-document.js';
import { readYaml } from '../../protocol/yaml/read.js';
import type { ReadOutcome, SourceDocument } from '../../protocol/yaml/read.js';
import { decodeText } from '../../protocol/yaml/source-text.js';
import type { ConfigFile } from './walk.js';

/** What the bytes of one file say: it depends on nothing else. */
export interface FileReading extends ReadOutcome {
  readonly bytes: Uint8Array;
  /** Undefined where the bytes are no text. */
  readonly text: string | undefined;
}

/** Documents that somebody has read from the very same bytes, without a problem; undefined where nobody has. */
export type FindKept = (bytes: Uint8Array) => readonly KeptDocument[] | undefined;

export interface Reader {
  readonly read: (file: ConfigFile) => FileReading;
  /** What was read, by path: to be handed to the next reader. */
  readonly readings: ReadonlyMap<string, FileReading>;
}

/** Reads files as YAML; those whose bytes are as they were `before` are not read again. */
export function createReader(before: ReadonlyMap<string, FileReading>, findKept: FindKept): Reader {
  const readings = new Map<string, FileReading>();
  return {
    readings,
    read(file) {
      const known = before.get(file.path);
      const same = known !== undefined && Buffer.compare(known.bytes, file.bytes) === 0;
      const reading = same ? known : readFile(file, findKept);
      readings.set(file.path, reading);
      return reading;
    },
  };
}

function readFile({ path, bytes }: ConfigFile, findKept: FindKept): FileReading {
  const decoded = decodeText(path, bytes, { allowByteOrderMark: false });
  if (!decoded.ok) return { bytes, text: undefined, documents: [], problems: [decoded.failure] };
  const source = decoded.value;
  // Kept for as long as the reading: who asks for one place of a problem asks for more.
  let whole: readonly SourceDocument[] | undefined;
  const reread = () => (whole ??= readYaml(source, { allowAliases: true }).documents);
  const restore = (kept: readonly KeptDocument[]) =>
    kept.map((document, i) => restoreDocument(document, path, () => reread()[i]));

  const kept = findKept(bytes);
  if (kept !== undefined) return { bytes, text: source.text, documents: restore(kept), problems: [] };
  const { documents, problems } = readYaml(source, { allowAliases: true });
  return {
    bytes,
    text: source.text,
    documents: restore(documents.map(document => keepDocument(document))),
    problems,
  };
}
