import { refKey, refText } from '../../protocol/resource.js';
import { formatTime } from '../../protocol/time.js';
import type { Annotations } from '../../render/annotate.js';
import type { Explanation, ResourceOrigin } from '../../reconciler/explain/explanation.js';
import { generationOf } from '../../reconciler/generations.js';
import { placeText } from '../output/diagnostics.js';

/** Where each resource of the effective-config comes from, and below it what is kept out of it. */
export function annotationsOf(explanations: readonly Explanation[]): Annotations {
  const above = new Map<string, readonly string[]>();
  const below: string[] = [];
  for (const { resource, status, origin, mask, setAside } of explanations) {
    const lines = [
      ...(origin === undefined ? [] : [originText(origin)]),
      ...setAside.flatMap(({ part, findings }) => [
        `${status === 'setAside' ? '' : 'also '}proposed by ${part}, which is set aside`,
        ...findings.map(({ message }) => `  ${message}`),
      ]),
    ];
    if (status === 'inForce') above.set(refKey(resource), lines);
    if (status === 'setAside') below.push(`not in force: ${refText(resource)}`, ...lines.slice(1));
    if (status === 'masked' && mask !== undefined) {
      const by = mask.by.map(({ part }) => part).join(', ');
      const why = mask.reasons.length === 0 ? '' : `: ${mask.reasons.join('; ')}`;
      below.push(`masked: ${refText(resource)}, by ${by} until ${formatTime(mask.until)}${why}`, ...lines);
    }
  }
  return { above, below };
}

/** `router.yaml:17, 1a2b3c4d5e6f of generation 5 by alice`, `Plugin/x#12 until 2026-05-29T12:05:00Z` */
function originText(origin: ResourceOrigin): string {
  if (origin.type === 'part')
    return `${origin.part}, observed ${formatTime(origin.observedAt)}, until ${formatTime(origin.expiresAt)}`;
  const { place, changed } = origin;
  const at = place === undefined ? 'startup-config' : placeText(place);
  if (changed === undefined) return at;
  const number = generationOf(changed);
  const of = number === undefined ? '' : ` of generation ${number}`;
  return `${at}, ${changed.commit.slice(0, 12)}${of} by ${changed.author.name}`;
}
