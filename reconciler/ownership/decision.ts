import type { MobilityPool, PoolMember } from '../../protocol/mobility.js';
import type { CaptureRecord } from './captures.js';
import type { Inventory } from './inventory.js';
import type { RemoteFact } from './remote-facts.js';

/** Who an address belongs to, as far as this router can tell (PROTOCOL.md, ownership classes). */
export type OwnershipClass =
  | 'StaticOwned'
  | 'StaticHandover'
  | 'RemoteHomeOwned'
  | 'StaleCapture'
  | 'ConfirmedCapture'
  | 'LocalRouterSelf'
  | 'LocalHomeOwned'
  | 'Unknown';

/** The rules in their order; the first that applies decides. */
export const ownershipRules = [
  'static-owned',
  'static-handover',
  'fresh-home-owner',
  'confirmed-capture',
  'capture-not-desired',
  'local-router-self',
  'local-home-inventory',
  'nobody-known',
] as const;

export type OwnershipRule = (typeof ownershipRules)[number];

/** What is decided about one address. What does not apply is empty. */
export interface Decision {
  readonly address: string;
  readonly class: OwnershipClass;
  /** The rule that decided. */
  readonly rule: OwnershipRule;
  /** What the rule went by: `startup-config`, `event <node>`, `inventory`, `action <id>`, `plan <name>`. */
  readonly source: string;
  readonly reason: string;
  readonly homeOwnerNode: string;
  readonly homeProviderRef: string;
  readonly homeSubnetRef: string;
  readonly homeNICRef: string;
  readonly captureState: 'None' | 'Confirmed' | 'Stale';
  readonly captureHolderNode: string;
  readonly captureTargetRef: string;
  readonly captureStrategy: string;
  /** The node that may advertise it. */
  readonly advertiseOwnerNode: string;
  readonly advertiseReason: string;
  /** Why this router does not advertise it. */
  readonly suppressionReason: string;
  /** Whether what decided is up to date, rather than held over from before. */
  readonly fresh: boolean;
}

/** What a rule says of an address that it applies to. */
export type Verdict = Pick<Decision, 'class' | 'rule' | 'source' | 'reason'> & Partial<Decision>;

export interface OwnershipInput {
  readonly pool: MobilityPool;
  readonly self: PoolMember;
  readonly inventory: Inventory | undefined;
  readonly facts: readonly RemoteFact[];
  readonly captures: ReadonlyMap<string, CaptureRecord>;
}

/** Two homes for one address: for a person to settle. */
export interface Conflict {
  readonly address: string;
  readonly homes: readonly string[];
}

export interface Ownership {
  /** One for each address of the pool that anything names, in the order of the addresses. */
  readonly decisions: readonly Decision[];
  readonly conflicts: readonly Conflict[];
}
