import { refKey, refText } from '../../protocol/resource.js';
import type { ResourceRef } from '../../protocol/resource.js';
import { nearest } from '../../protocol/schema/nearest.js';

/** What `KIND/NAME[.field]` means among the resources that there are. */
export type Target =
  | { readonly kind: 'found'; readonly resource: ResourceRef; readonly field: string }
  | { readonly kind: 'ambiguous'; readonly resources: readonly ResourceRef[] }
  | { readonly kind: 'unknown' };

/** `apiVersion/Kind/name`, which names one resource alone. */
export function fullRefText(ref: ResourceRef): string {
  return `${ref.apiVersion}/${refText(ref)}`;
}

/** A name may hold dots itself: the longest one that exists wins, and what comes behind it is a field. */
export function resolveTarget(text: string, resources: readonly ResourceRef[]): Target {
  const forms = resources.flatMap(resource => {
    const form = [fullRefText(resource), refText(resource)].find(
      form => text === form || text.startsWith(`${form}.`) || text.startsWith(`${form}[`),
    );
    return form === undefined ? [] : [{ resource, rest: text.slice(form.length) }];
  });
  const shortest = Math.min(...forms.map(({ rest }) => rest.length));
  const best = forms.filter(({ rest }) => rest.length === shortest);
  const [first] = best;
  if (first === undefined) return { kind: 'unknown' };
  if (new Set(best.map(({ resource }) => refKey(resource))).size > 1)
    return { kind: 'ambiguous', resources: best.map(({ resource }) => resource) };
  return { kind: 'found', resource: first.resource, field: first.rest.replace(/^\./, '') };
}

/** The resource that somebody probably meant. */
export function nearestTarget(text: string, resources: readonly ResourceRef[]): string | undefined {
  const full = text.split('/').length > 2;
  const forms = resources.map(full ? fullRefText : refText);
  return nearest(text, forms) ?? nearest(text.replace(/[.[].*$/, ''), forms);
}

/** What a text may name that is in force no more: `Kind/name` and `.field` cut at every dot, the longest name first. */
export interface NameReading {
  /** Undefined where the text does not say it. */
  readonly apiVersion: string | undefined;
  readonly kind: string;
  readonly name: string;
  readonly field: string;
}

export function nameReadings(text: string): NameReading[] {
  const match = /^(?:(.+)\/)?([^/]+)\/([^/[]+)(.*)$/s.exec(text.replace(/\[.*$/s, ''));
  if (match === null) return [];
  const [, apiVersion, kind = '', rest = ''] = match;
  const bracket = /\[.*$/s.exec(text)?.[0] ?? '';
  const labels = rest.split('.');
  return labels.map((_, i) => {
    const count = labels.length - i;
    const field = labels.slice(count).join('.');
    return { apiVersion, kind, name: labels.slice(0, count).join('.'), field: `${field}${bracket}` };
  });
}
