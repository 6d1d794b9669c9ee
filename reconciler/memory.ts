import type { Part } from '../protocol/part.js';
import type { ConfigMemory } from '../state/config/load.js';
import type { CommitReading } from './head.js';
import type { StateView } from './state-dir.js';

/**
 * What a daemon keeps between passes, so that one which finds nothing new costs little. Each thing is kept with what it
 * was made from and used only while that is the same; what is about to be committed is read afresh all the same.
 */
export interface PassMemory {
  readonly config: ConfigMemory;
  readonly commits: CommitMemory;
  /** The same parts, none of them under a longer lease than it was given; those that are not touched stay the objects they are. */
  readonly holdLeases: (parts: readonly Part[]) => readonly Part[];
}

/** The commit that was read last. */
export interface CommitMemory {
  last?: CommitReading;
}

/** The view under the leases that are held. */
export function underHeldLeases(view: StateView, memory: PassMemory | undefined): StateView {
  const parts = memory?.holdLeases(view.head.parts) ?? view.head.parts;
  const leasesMoved = parts.some((part, i) => part !== view.head.parts[i]);
  return leasesMoved ? { ...view, head: { ...view.head, parts }, leasesMoved } : view;
}
