import { isProtected } from '../../protocol/change-policy.js';
import type { GuardPolicy } from '../../protocol/change-policy.js';
import { isOperatorOwned } from '../../protocol/plugin.js';
import { refText } from '../../protocol/resource.js';
import { changesBetween } from '../../render/changes.js';
import type { Change, Snapshot } from '../../render/changes.js';
import { startupSource } from '../../render/merge.js';
import { touchesProtected } from './protected-names.js';

/**
 * Why a change is held. `protectedName` is what a command asks about and `--yes` or `--confirm` answers; all others only
 * a promotion lifts.
 */
export const holdReasons = [
  'maxRemovals',
  'maxRemovalPercent',
  'protectedResource',
  'sourceEmptied',
  'protectedName',
] as const;
export type HoldReasonType = (typeof holdReasons)[number];

export interface HoldReason {
  readonly type: HoldReasonType;
  /** For people, with the figures or the name. */
  readonly message: string;
}

export interface GuardInput {
  /** What is in force without the change, and with it, merged at the same instant: no lease lies between the two. */
  readonly before: Snapshot;
  readonly after: Snapshot;
  /** Of the configuration in force; undefined where that guards nothing. */
  readonly guard?: GuardPolicy | undefined;
}

/** Judges one edit or one result; empty where it may be put in force. Pure. */
export function judgeGuard({ before, after, guard }: GuardInput): HoldReason[] {
  const changes = changesBetween(before, after);
  return [
    ...(guard === undefined
      ? []
      : [
          ...tooMany(changes, before.effective.resources.length, guard),
          ...protectedOnes(changes, guard),
          ...(guard.sourceEmptied ? emptied(before, after) : []),
        ]),
    ...touchesProtected({ before, after, changes }).map((message): HoldReason => ({
      type: 'protectedName',
      message,
    })),
  ];
}

/** Whether a command may go on when it is told to: only what it asks about stands in the way. */
export function mayBeAnswered(reasons: readonly HoldReason[]): boolean {
  return reasons.length > 0 && reasons.every(({ type }) => type === 'protectedName');
}

const outOfForce = (change: Change): boolean => change.action === 'removed' || change.action === 'masked';

function tooMany(changes: readonly Change[], inForce: number, guard: GuardPolicy): HoldReason[] {
  const removals = changes.filter(outOfForce).length;
  const { maxRemovals, maxRemovalPercent } = guard;
  const percent = inForce === 0 ? 0 : (removals / inForce) * 100;
  const found: HoldReason[] = [];
  if (maxRemovals !== undefined && removals > maxRemovals) {
    const message = `${count(removals)} would go out of force, and the guard allows ${maxRemovals} at once`;
    found.push({ type: 'maxRemovals', message });
  }
  // Products of whole numbers: a share that is exactly the limit must not exceed it by rounding.
  if (maxRemovalPercent !== undefined && removals * 100 > maxRemovalPercent * inForce) {
    const message = `${removals} of ${count(inForce)} (${percentText(percent)}) would go out of force, and the guard allows ${maxRemovalPercent}%`;
    found.push({ type: 'maxRemovalPercent', message });
  }
  return found;
}

function protectedOnes(changes: readonly Change[], guard: GuardPolicy): HoldReason[] {
  return changes
    .filter(change => outOfForce(change) || change.action === 'changed')
    .filter(({ resource }) => isProtected(resource, guard.protected))
    .map(({ action, resource }) => ({
      type: 'protectedResource',
      message: `${refText(resource)} is protected and would be ${action}`,
    }));
}

function emptied(before: Snapshot, after: Snapshot): HoldReason[] {
  const left = countBySource(after);
  return [...countBySource(before)]
    .filter(([source]) => !left.has(source))
    .map(([source, had]) => ({
      type: 'sourceEmptied',
      message:
        source === startupSource
          ? `nothing would be left of the ${count(had)} of the startup-config`
          : `nothing would be left of the ${count(had)} of ${source}`,
    }));
}

/** How many resources each source has in force; what only tells routerd how to work is none. */
function countBySource({ origins }: Snapshot): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { resource, source } of origins) {
    if (isOperatorOwned(resource)) continue;
    const name = source.split('#', 1)[0] ?? source;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function count(number: number): string {
  return `${number} ${number === 1 ? 'resource' : 'resources'}`;
}

function percentText(percent: number): string {
  return `${Math.round(percent * 10) / 10}%`;
}
