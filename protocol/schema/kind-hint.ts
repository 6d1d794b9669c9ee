import { didYouMean } from './nearest.js';

interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
}

/**
 * What may help with a kind that nobody described: the group where a kind of that name is at home, one that is spelt
 * nearly alike, or one that differs by whole words (`IPv4StaticRoute`, `IPv4Route`).
 */
export function kindHint(ref: Kind, known: readonly Kind[]): string | undefined {
  const same = known.find(({ kind }) => kind === ref.kind);
  if (same !== undefined) return `${ref.kind} belongs to ${same.apiVersion}`;
  const kinds = known.map(({ kind }) => kind);
  const spelt = didYouMean(ref.kind, kinds);
  if (spelt !== undefined) return spelt;
  const words = wordsOf(ref.kind);
  const shorter = kinds.find(kind => wordsOf(kind).length > 1 && isWithin(wordsOf(kind), words));
  return shorter === undefined ? undefined : `did you mean \`${shorter}\`?`;
}

/** `IPv4StaticRoute` → `IPv4`, `Static`, `Route` */
function wordsOf(kind: string): string[] {
  return kind.split(/(?<=[a-z0-9])(?=[A-Z])/);
}

/** Whether all the words occur, in this order. */
function isWithin(words: readonly string[], others: readonly string[]): boolean {
  let next = 0;
  for (const other of others) if (other === words[next]) next++;
  return next === words.length;
}
