import { partId } from '../../protocol/part.js';
import type { Part } from '../../protocol/part.js';
import { formatTime } from '../../protocol/time.js';

/** A part as reports mention it. Times are RFC 3339. */
export interface PartSummary {
  readonly source: string;
  readonly generation: number;
  readonly digest: string;
  readonly observedAt: string;
  readonly expiresAt: string;
}

export function partSummary({ source, generation, digest, observedAt, expiresAt }: Part): PartSummary {
  return { source, generation, digest, observedAt: formatTime(observedAt), expiresAt: formatTime(expiresAt) };
}

/** `Plugin/x#12 until 2026-05-29T12:05:00Z` */
export function summaryText(part: PartSummary): string {
  return `${partId(part)} until ${part.expiresAt}`;
}
