import { oneLine } from '../protocol/text.js';
import type { RouterText } from './router-yaml.js';

/** Comments for a Router document. */
export interface Annotations {
  /** By refKey, the lines above a resource. */
  readonly above: ReadonlyMap<string, readonly string[]>;
  /** Lines below the last one. */
  readonly below: readonly string[];
}

const indent = '    ';

/** The document with comments, which say the same value as without: each is one printable line of its own. */
export function annotate({ header, blocks }: RouterText, { above, below }: Annotations): string {
  const comment = (line: string) => `${indent}# ${oneLine(line, 400)}\n`;
  return [
    header,
    ...blocks.map(({ key, text }) => (above.get(key) ?? []).map(comment).join('') + text),
    ...below.map(comment),
  ].join('');
}
