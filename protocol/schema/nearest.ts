import { distance } from 'fastest-levenshtein';

/** The candidate that someone probably meant: within about one mistake in three characters, and the nearest such. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const far = editDistance(word, candidate);
    if (far < bestDistance && far <= Math.max(1, Math.floor(candidate.length / 3))) {
      best = candidate;
      bestDistance = far;
    }
  }
  return best;
}

/** Only the case differs: less than one edit. */
function editDistance(word: string, candidate: string): number {
  if (Math.abs(word.length - candidate.length) > candidate.length) return Infinity; // spares long words the table
  return word.toLowerCase() === candidate.toLowerCase() ? 0.5 : distance(word, candidate);
}

/** `` did you mean `gateway`? `` */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const found = nearest(word, candidates);
  return found === undefined ? undefined : `did you mean \`${found}\`?`;
}
