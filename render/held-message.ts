import { oneLine } from '../protocol/text.js';
import type { Change } from './changes.js';
import { changeLines } from './commit-message.js';

export interface HeldMessageFacts {
  /** `startup-config`, or `Plugin/<name>`. */
  readonly source: string;
  readonly digest: string;
  /** Why it is held, a sentence each. */
  readonly reasons: readonly string[];
  /** What it would change. */
  readonly changes: readonly Change[];
  readonly startupConfigHash: string;
  readonly effectiveConfigHash: string;
}

const listedReasons = 20;

/** The message of a candidate that is held, which stands on a ref of its own. Nothing in it can add a trailer or an escape. */
export function heldMessage(facts: HeldMessageFacts): string {
  const { source, digest, reasons } = facts;
  const more = reasons.length - listedReasons;
  return [
    oneLine(`held: ${source}`),
    '',
    ...reasons.slice(0, listedReasons).map(reason => `- ${oneLine(reason, 400)}`),
    ...(more > 0 ? [`- and ${more} more`] : []),
    ...changeLines(facts.changes),
    '',
    `Held-Digest: ${oneLine(digest)}`,
    `Startup-Config-Hash: ${oneLine(facts.startupConfigHash)}`,
    `Effective-Config-Hash: ${oneLine(facts.effectiveConfigHash)}`,
    '',
  ].join('\n');
}
