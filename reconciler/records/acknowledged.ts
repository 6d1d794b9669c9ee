import { textOf } from '../../protocol/pick.js';
import { apiVersions, asValue, isMap } from '../../protocol/resource.js';
import type { Value } from '../../protocol/resource.js';

/** The highest numbers that were ever given: none of them is given again, whatever becomes of the history. */
export interface Numbers {
  readonly generation: number;
  /** The last number of every source. */
  readonly parts: Readonly<Record<string, number>>;
}

/**
 * `run/acknowledged.yaml`: the last commit that a writer reported as done. A kill or a power cut can leave it older than
 * HEAD, never newer; HEAD older than it was set back by hand.
 */
export interface Acknowledged {
  /** Undefined where a repository without a commit was adopted. */
  readonly commit: string | undefined;
  /** The commit before it: where to go back to when the newest one is damaged. */
  readonly parent?: string;
  /** The generation that is in force with `commit`. */
  readonly generation: number;
  readonly highest: Numbers;
  /** How many numbers up to `generation` no commit of the history has, because it was set back, or cut off in a repair. */
  readonly unused: number;
  /** `Store.tagsMark` when every tag was there; undefined where nobody has looked. */
  readonly tags?: string;
}

export function encodeAcknowledged({
  commit,
  parent,
  generation,
  highest,
  unused,
  tags,
}: Acknowledged): Value {
  return {
    apiVersion: apiVersions.state,
    kind: 'Acknowledged',
    ...(commit === undefined ? {} : { commit }),
    ...(parent === undefined ? {} : { parent }),
    generation,
    highestGeneration: highest.generation,
    lastPartNumbers: asValue(highest.parts),
    ...(unused === 0 ? {} : { unused }),
    ...(tags === undefined ? {} : { tags }),
  };
}

/** Reads what encodeAcknowledged wrote; undefined for anything else, which then counts as never written. */
export function decodeAcknowledged(document: Value): Acknowledged | undefined {
  if (!isMap(document) || document['kind'] !== 'Acknowledged') return undefined;
  const { generation, highestGeneration, lastPartNumbers, unused } = document;
  if (!isCount(generation) || !isCount(highestGeneration)) return undefined;
  const [commit, parent] = [textOf(document['commit']), textOf(document['parent'])];
  const tags = textOf(document['tags']);
  return {
    commit: isCommit(commit) ? commit : undefined,
    ...(isCommit(parent) ? { parent } : {}),
    generation,
    highest: {
      generation: Math.max(generation, highestGeneration),
      parts: Object.fromEntries(
        Object.entries(isMap(lastPartNumbers) ? lastPartNumbers : {}).flatMap(([source, number]) =>
          isCount(number) ? [[source, number] as const] : [],
        ),
      ),
    },
    unused: isCount(unused) ? unused : 0,
    ...(tags === '' ? {} : { tags }),
  };
}

/** How messages name a commit: `0123456789ab (generation 8)`. */
export function commitText(commit: string, generation: number): string {
  return `${commit.slice(0, 12)} (generation ${generation})`;
}

/** The higher of each number. */
export function highestOf(...all: readonly Numbers[]): Numbers {
  const parts: Record<string, number> = {};
  for (const numbers of all) {
    for (const [source, number] of Object.entries(numbers.parts)) {
      parts[source] = Math.max(parts[source] ?? 0, number);
    }
  }
  return { generation: Math.max(0, ...all.map(({ generation }) => generation)), parts };
}

function isCount(value: Value | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isCommit(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}
