import { oneLine, printable } from '../protocol/text.js';
import { unreachable } from '../protocol/result.js';
import type { Change } from './changes.js';

/** Why a commit was made; each becomes a `Trigger:` trailer. */
export type Cause =
  | { readonly type: 'config'; readonly file: string }
  | { readonly type: 'interval' | 'event' | 'input' | 'manual'; readonly plugin: string }
  | { readonly type: 'expiry'; readonly part: string }
  | { readonly type: 'unbound'; readonly source: string }
  /** The startup-config of an older generation was put in force again. */
  | { readonly type: 'rollback' | 'confirm-expired'; readonly generation: number }
  /** What was held, by its digest. */
  | { readonly type: 'promote'; readonly digest: string }
  /** Files in `control/` alone: `suspend plugin/x`. */
  | { readonly type: 'control'; readonly what: string };

export interface CommitFacts {
  /** The number of the new generation, or undefined when the effective-config stays the same. */
  readonly generation?: number;
  readonly causes: readonly Cause[];
  readonly changes: readonly Change[];
  readonly startupConfigHash: string;
  readonly effectiveConfigHash: string;
  /** Parts that this commit added, changed or dropped. */
  readonly parts: readonly { readonly id: string; readonly digest: string }[];
  /** Why, in words; '' for nothing. */
  readonly why?: string;
  /** Whether nothing but files in `control/` changes. */
  readonly controlOnly?: boolean;
}

const listedChanges = 100;
const longestWhy = 1_000;

/**
 * The whole commit message. Everything from a file or plugin passes through one-line, control-free text, and each
 * trailer is a line of ours, so nothing can add a trailer or a terminal escape. The body never holds a blank line before
 * the trailers other than the one that starts them.
 */
export function commitMessage(facts: CommitFacts): string {
  const { why = '' } = facts;
  const body = [...(why === '' ? [] : [`why: ${oneLine(why, longestWhy)}`]), ...changeLines(facts.changes)];
  return [subject(facts), '', ...(body.length > 0 ? [...body, ''] : []), ...trailers(facts), ''].join('\n');
}

export function causeText(cause: Cause): string {
  switch (cause.type) {
    case 'config':
      return `config ${oneLine(cause.file)}`;
    case 'interval':
    case 'event':
    case 'input':
    case 'manual':
      return `${cause.type} ${oneLine(cause.plugin)}`;
    case 'expiry':
      return `expiry ${oneLine(cause.part)}`;
    case 'unbound':
      return `unbound ${oneLine(cause.source)}`;
    case 'rollback':
    case 'confirm-expired':
      return `${cause.type} ${cause.generation}`;
    case 'promote':
      return `promote ${oneLine(cause.digest)}`;
    case 'control':
      return oneLine(cause.what);
    default:
      return unreachable(cause);
  }
}

function subject(facts: CommitFacts): string {
  const by = facts.parts.length > 0 ? facts.parts.map(part => part.id) : facts.causes.map(shortCause);
  const who = by.length > 3 ? [...by.slice(0, 2), `${by.length - 2} more`] : by;
  if (facts.generation !== undefined) {
    return oneLine(`generation ${facts.generation}: ${countText(facts.changes)} (${who.join(', ')})`);
  }
  const topic = facts.controlOnly === true ? 'control' : facts.parts.length > 0 ? 'parts' : 'config';
  return oneLine(`${topic}: ${who.join(', ')}`);
}

function shortCause(cause: Cause): string {
  if (cause.type === 'config') return cause.file;
  // The trailer has the whole of a digest.
  const text = cause.type === 'control' ? cause.what : causeText(cause);
  return text.replaceAll(/sha256:([0-9a-f]{12})[0-9a-f]+/g, '$1');
}

/** `+1 -1 ~2`: came into force, went out of force, changed; `reordered` when only the order differs. */
export function countText(changes: readonly Change[]): string {
  const count = (...actions: Change['action'][]) =>
    changes.filter(change => actions.includes(change.action)).length;
  const counts = [
    ['+', count('added', 'unmasked')],
    ['-', count('removed', 'masked')],
    ['~', count('changed')],
  ] as const;
  const shown = counts.filter(([, number]) => number > 0).map(([sign, number]) => `${sign}${number}`);
  return shown.length > 0 ? shown.join(' ') : 'no resource changed';
}

/** One line a change, for the body of a message. */
export function changeLines(changes: readonly Change[]): string[] {
  const shown = changes.slice(0, listedChanges).map(change => {
    const { action, resource, source, until } = change;
    const name = printable(`${resource.apiVersion} ${resource.kind} ${resource.name}`);
    return {
      left: `${action.padEnd(8)} ${name}`,
      right: `${oneLine(source)}${until === undefined ? '' : ` until ${until}`}`,
    };
  });
  const width = Math.min(80, Math.max(0, ...shown.map(line => line.left.length)));
  const lines = shown.map(({ left, right }) => `${left.padEnd(width)}   ${right}`);
  const hidden = changes.length - shown.length;
  return hidden > 0 ? [...lines, `and ${hidden} more`] : lines;
}

function trailers(facts: CommitFacts): string[] {
  return [
    ...(facts.generation === undefined ? [] : [`Generation: ${facts.generation}`]),
    ...facts.causes.map(cause => `Trigger: ${causeText(cause)}`),
    `Startup-Config-Hash: ${facts.startupConfigHash}`,
    `Effective-Config-Hash: ${facts.effectiveConfigHash}`,
    ...facts.parts.map(part => `Dynamic-Part: ${oneLine(part.id)} ${part.digest}`),
  ];
}
