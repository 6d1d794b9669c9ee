import { contains, ipv4Number, ipv4Text, networkOf } from '../../protocol/address.js';
import type { AddressRecord } from '../../protocol/inventory.js';
import type { MobilityPool, PoolMember } from '../../protocol/mobility.js';
import { byCodePoint } from '../../protocol/order.js';
import type { Instant } from '../../protocol/time.js';
import type { CaptureRecord } from './captures.js';
import type { Inventory } from './inventory.js';
import { ownedEntries } from './inventory.js';
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
  /** What the rule went by: `startup-config`, `event <node>`, `inventory`, `action <id>`. */
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

/** Decides who owns every address of a pool that any of the inputs names. Pure; the order of the inputs does not matter. */
export function resolveOwnership(input: OwnershipInput, now: Instant): Ownership {
  const evidence = gather(input, now);
  const addresses = [...universe(input, evidence)].sort(byNumber);
  return {
    decisions: addresses.map(address => decide(address, input, evidence)),
    conflicts: addresses.flatMap(address => conflictOf(address, input, evidence)),
  };
}

/** The inputs by address, so that ten thousand addresses cost ten thousand look-ups. */
interface Evidence {
  readonly now: Instant;
  readonly homes: ReadonlyMap<string, readonly RemoteFact[]>;
  readonly local: ReadonlyMap<string, AddressRecord>;
  readonly held: ReadonlySet<string>;
  readonly captured: ReadonlySet<string>;
  readonly ownIps: ReadonlySet<string>;
}

function gather({ self, inventory, facts }: OwnershipInput, now: Instant): Evidence {
  const homes = new Map<string, RemoteFact[]>();
  for (const fact of facts) {
    if (fact.withdrawn || fact.expiresAt <= now || fact.node === self.nodeRef) continue;
    homes.set(fact.address, [...(homes.get(fact.address) ?? []), fact]);
  }
  const local = new Map<string, AddressRecord>();
  const owned = inventory === undefined ? [] : ownedEntries(inventory);
  for (const { record } of owned) local.set(record.address, record);
  for (const record of inventory?.local ?? [])
    if (!local.has(record.address)) local.set(record.address, record);
  return {
    now,
    homes,
    local,
    held: new Set(owned.filter(({ state }) => state === 'held').map(({ address }) => address)),
    captured: new Set(inventory?.self.captured),
    ownIps: new Set(inventory?.self.privateIPs),
  };
}

/** Addresses inside the prefix that any of the inputs names. */
function universe({ pool, captures, facts }: OwnershipInput, evidence: Evidence): Set<string> {
  const hosts = pool.members.flatMap(({ staticOwned }) =>
    staticOwned.filter(({ bits }) => bits === 32).map(({ first }) => ipv4Text(first)),
  );
  const named = [
    ...hosts,
    ...pool.staticHandovers.map(({ address }) => address),
    ...facts
      .filter(({ expiresAt, withdrawn }) => !withdrawn && expiresAt > evidence.now)
      .map(({ address }) => address),
    ...evidence.local.keys(),
    ...evidence.captured,
    ...evidence.ownIps,
    ...captures.keys(),
  ];
  return new Set(
    named.filter(address => {
      const network = networkOf(address);
      return network?.bits === 32 && contains(pool.network, network);
    }),
  );
}

type Verdict = Pick<Decision, 'class' | 'rule' | 'source' | 'reason'> & Partial<Decision>;

function decide(address: string, input: OwnershipInput, evidence: Evidence): Decision {
  const { self } = input;
  const verdict =
    staticOwned(address, input) ??
    handover(address, input) ??
    remoteHome(address, input, evidence) ??
    capture(address, input, evidence) ??
    local(address, input, evidence) ??
    ({
      class: 'Unknown',
      rule: 'nobody-known',
      source: '',
      reason: 'nothing says where it lives',
      suppressionReason: 'owner-unknown',
      fresh: false,
    } as const);
  const advertised = verdict.advertiseOwnerNode === self.nodeRef;
  return {
    address,
    homeOwnerNode: '',
    homeProviderRef: '',
    homeSubnetRef: '',
    homeNICRef: '',
    captureState: 'None',
    captureHolderNode: '',
    captureTargetRef: '',
    captureStrategy: '',
    advertiseOwnerNode: '',
    advertiseReason: '',
    suppressionReason: advertised ? '' : 'not-owner',
    fresh: true,
    ...verdict,
  };
}

function staticOwned(address: string, { pool, self }: OwnershipInput): Verdict | undefined {
  const network = networkOf(address);
  if (network === undefined) return undefined;
  const owns = (member: PoolMember) => member.staticOwned.some(owned => contains(owned, network));
  if (owns(self))
    return mine(
      self,
      {
        class: 'StaticOwned',
        rule: 'static-owned',
        source: 'startup-config',
        reason: 'a staticOwnedAddresses entry of this node',
      },
      'static-owned',
    );
  const other = pool.members.find(owns);
  return (
    other && {
      ...theirs(other.nodeRef),
      rule: 'static-owned',
      source: 'startup-config',
      reason: `a staticOwnedAddresses entry of ${other.nodeRef}`,
    }
  );
}

function handover(address: string, { pool, self }: OwnershipInput): Verdict | undefined {
  const declared = pool.staticHandovers.find(move => move.address === address);
  if (declared === undefined) return undefined;
  const rule = 'static-handover';
  const reason = `handed over from ${declared.fromNodeRef} to ${declared.toNodeRef}`;
  if (declared.toNodeRef === self.nodeRef)
    return mine(self, { class: 'StaticHandover', rule, source: 'startup-config', reason }, rule);
  return { ...theirs(declared.toNodeRef), rule, source: 'startup-config', reason };
}

function remoteHome(
  address: string,
  input: OwnershipInput,
  { homes, captured, ownIps }: Evidence,
): Verdict | undefined {
  const facts = homes.get(address);
  if (facts === undefined) return undefined;
  const nodes = [...new Set(facts.map(({ node }) => node))].sort(byCodePoint);
  const [fact] = [...facts].sort((a, b) => b.observedAt - a.observedAt || byCodePoint(a.node, b.node));
  const undecided = nodes.length > 1;
  const home = {
    rule: 'fresh-home-owner',
    source: `event ${nodes.join(', ')}`,
    ...(undecided || fact === undefined
      ? {}
      : {
          homeOwnerNode: fact.node,
          homeProviderRef: fact.providerRef,
          homeSubnetRef: fact.subnetRef,
          homeNICRef: fact.nicRef,
          advertiseOwnerNode: fact.node,
          advertiseReason: 'remote-home-owner',
        }),
  } as const;
  const seen = undecided
    ? `${nodes.join(' and ')} each say that it lives there`
    : `${nodes.join()} says that it lives there`;
  const taken = input.captures.get(address)?.state === 'assigned';
  if (captured.has(address) || ownIps.has(address) || taken) {
    return {
      ...home,
      class: 'StaleCapture',
      reason: `fresh-home-owner: ${seen}, and this router holds it`,
      suppressionReason: 'fresh-home-owner',
      ...held(address, input, 'Stale'),
    };
  }
  return {
    ...home,
    class: 'RemoteHomeOwned',
    reason: seen,
    suppressionReason: undecided ? 'home-owner-conflict' : 'remote-home-owner',
  };
}

function capture(address: string, input: OwnershipInput, { captured }: Evidence): Verdict | undefined {
  const { self, inventory } = input;
  const record = input.captures.get(address);
  const isHeld = captured.has(address);
  if (!isHeld && (record === undefined || record.state === 'released')) return undefined;
  const source = record?.source ?? 'inventory';
  // An inventory from before the assign cannot confirm it, and may still show what was there before.
  const confirmed =
    isHeld &&
    record?.state === 'assigned' &&
    record.at !== undefined &&
    (inventory?.observedAt ?? 0) >= record.at;
  if (confirmed) {
    return mine(
      self,
      {
        class: 'ConfirmedCapture',
        rule: 'confirmed-capture',
        source,
        reason: 'this router was assigned it, and the provider shows it there',
        ...held(address, input, 'Confirmed'),
      },
      'confirmed-capture',
    );
  }
  const why = isHeld
    ? 'the provider shows it on this router, but no assign of this router put it there'
    : 'an assign was planned or tried, and the provider does not show it yet';
  return {
    class: 'StaleCapture',
    rule: 'capture-not-desired',
    source,
    reason: `capture-not-desired: ${why}`,
    suppressionReason: 'capture-not-desired',
    ...held(address, input, 'Stale'),
  };
}

function local(
  address: string,
  { self, inventory }: OwnershipInput,
  evidence: Evidence,
): Verdict | undefined {
  const record = evidence.local.get(address);
  const nics = [self.capture.nicRef, inventory?.self.nicRef ?? ''].filter(nic => nic !== '');
  const isRouter =
    evidence.ownIps.has(address) ||
    record?.resourceType === 'router-nic' ||
    (record !== undefined && nics.includes(record.nicRef));
  if (isRouter) {
    return {
      class: 'LocalRouterSelf',
      rule: 'local-router-self',
      source: 'inventory',
      reason: 'it is an address of this router',
      suppressionReason: 'router-self',
      ...homeOf(self, record),
    };
  }
  if (record === undefined) return undefined;
  const isHeld = evidence.held.has(address);
  const reason = isHeld
    ? 'it lived on this side and is held, as it was not seen lately'
    : 'the provider shows it on this side';
  return mine(
    self,
    {
      class: 'LocalHomeOwned',
      rule: 'local-home-inventory',
      source: 'inventory',
      reason,
      fresh: !isHeld && inventory?.failedSince === undefined,
      ...homeOf(self, record),
    },
    'local-home-inventory',
  );
}

/** An address that this router may advertise. */
function mine({ nodeRef }: PoolMember, verdict: Verdict, advertiseReason: string): Verdict {
  return {
    homeOwnerNode: verdict.class === 'ConfirmedCapture' ? '' : nodeRef,
    advertiseOwnerNode: nodeRef,
    advertiseReason,
    ...verdict,
  };
}

function theirs(node: string) {
  return {
    class: 'RemoteHomeOwned',
    homeOwnerNode: node,
    advertiseOwnerNode: node,
    advertiseReason: 'remote-home-owner',
    suppressionReason: 'remote-home-owner',
  } as const;
}

function homeOf(
  { nodeRef, capture: { providerRef } }: PoolMember,
  record: AddressRecord | undefined,
): Partial<Decision> {
  return {
    homeOwnerNode: nodeRef,
    homeProviderRef: nonEmpty(record?.providerRef) ?? providerRef,
    homeSubnetRef: record?.subnetRef ?? '',
    homeNICRef: record?.nicRef ?? '',
  };
}

function held(
  address: string,
  { self, captures }: OwnershipInput,
  captureState: 'Confirmed' | 'Stale',
): Partial<Decision> {
  return {
    captureState,
    captureHolderNode: self.nodeRef,
    captureTargetRef: nonEmpty(captures.get(address)?.targetRef) ?? self.capture.nicRef,
    captureStrategy: self.capture.captureStrategy || 'secondary-ip',
  };
}

/** Homes of an address that contradict each other, whichever rule decided. */
function conflictOf(
  address: string,
  { self }: OwnershipInput,
  { homes, local: localRecords, captured, ownIps, held: heldOnes }: Evidence,
): Conflict[] {
  const remote = (homes.get(address) ?? []).map(({ node }) => node);
  const record = localRecords.get(address);
  const isRouters =
    captured.has(address) ||
    ownIps.has(address) ||
    record?.nicRef === self.capture.nicRef ||
    record?.resourceType === 'router-nic';
  const here = record !== undefined && !isRouters && !heldOnes.has(address) ? [self.nodeRef] : [];
  const all = [...new Set([...here, ...remote])].sort(byCodePoint);
  return all.length > 1 ? [{ address, homes: all }] : [];
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function byNumber(a: string, b: string): number {
  return (ipv4Number(a) ?? 0) - (ipv4Number(b) ?? 0);
}
