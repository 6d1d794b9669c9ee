import type { Part } from '../protocol/part.js';
import type { ConfigMemory } from '../state/config/load.js';
import type { KnownCommits } from '../state/git/history.js';
import type { Router } from '../protocol/resource.js';
import { parseDocument, readCommit } from './head.js';
import type { CommitContent, CommitReading } from './head.js';
import type { CommitPlan, Settlement } from './settle/settle.js';
import type { StateView } from './state-dir.js';

/**
 * What a daemon keeps between passes, so that one which finds nothing new costs little. Each thing is kept with what it
 * was made from and used only while that is the same. It comes from reading or from what was committed, never from a cache.
 */
export interface PassMemory {
  readonly config: ConfigMemory;
  readonly commits: CommitMemory;
  /** The same parts, none of them under a longer lease than it was given; those that are not touched stay the objects they are. */
  readonly holdLeases: (parts: readonly Part[]) => readonly Part[];
}

/** What nobody has read anything for yet. */
export function freshMemory(): PassMemory {
  return { config: {}, commits: { known: new Map() }, holdLeases: parts => parts };
}

/** The commit that was read last. */
export interface CommitMemory {
  last?: CommitReading;
  /** The commit of which every object was read from git, or made here: the visible files do not tell that they are there. */
  sound?: string;
  readonly known: KnownCommits;
}

/** After a failure nothing is sure any more: the repository may have been changed by whatever failed. */
export function forget({ commits }: PassMemory): void {
  delete commits.last;
  delete commits.sound;
  commits.known.clear();
}

/**
 * Gets to know the commit that was just made, as reading it would: everything in it was printed from data that is at hand,
 * so nothing has to be parsed.
 */
export function remember(
  memory: CommitMemory,
  content: CommitContent,
  { plan, settlement, startup }: JustCommitted,
): void {
  const reading = readCommit(
    content,
    (path, bytes) => plan.documents.get(path) ?? parseDocument(path, bytes),
  );
  if (reading === undefined) return;
  memory.last = { ...reading, ...inForce(settlement, startup) };
  memory.sound = content.commit;
}

interface JustCommitted {
  readonly plan: CommitPlan;
  readonly settlement: Settlement;
  readonly startup: Router | undefined;
}

/**
 * Has what is in force read from what made it: where the texts of a commit are those that a pass has printed, it need not
 * parse them to tell what an edit has changed.
 */
export function learn(memory: CommitMemory, settlement: Settlement, startup: Router | undefined): void {
  const { last } = memory;
  if (last === undefined) return;
  const { record } = last;
  const { startup: ownStartup, snapshot } = inForce(settlement, startup);
  memory.last = {
    ...last,
    ...(record.startupConfigHash === settlement.startupConfigHash ? { startup: ownStartup } : {}),
    ...(record.effectiveConfigHash === settlement.effectiveConfigHash.next ? { snapshot } : {}),
  };
}

function inForce(
  { merged: { effective, origins, suppressed } }: Settlement,
  startup: Router | undefined,
): Pick<CommitReading, 'startup' | 'snapshot'> {
  return { startup: () => startup, snapshot: () => ({ effective, origins, suppressed }) };
}

/** The view under the leases that are held. */
export function underHeldLeases(view: StateView, memory: PassMemory | undefined): StateView {
  const parts = memory?.holdLeases(view.head.parts) ?? view.head.parts;
  const leasesMoved = parts.some((part, i) => part !== view.head.parts[i]);
  return leasesMoved ? { ...view, head: { ...view.head, parts }, leasesMoved } : view;
}
