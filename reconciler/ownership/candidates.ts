import { contains, networkOf } from '../../protocol/address.js';
import type { Network } from '../../protocol/address.js';
import { byRecord } from '../../protocol/inventory.js';
import type { AddressRecord } from '../../protocol/inventory.js';
import type { Discovery } from '../../protocol/mobility.js';
import type { RouterSelf } from './router-self.js';

/** Why a record is no address of a client on this side; the first that applies is given. */
export type Rejection =
  | 'router-nic'
  | 'self-private-ip'
  | 'self-resource'
  | 'capture-nic'
  | 'captured-by-action'
  | 'out-of-scope'
  | 'excluded'
  | 'selector-mismatch'
  | 'instance-stopped';

export interface Candidate {
  readonly record: AddressRecord;
  /** Undefined where it was accepted. */
  readonly rejection?: Rejection;
}

export interface CandidateFacts {
  readonly pool: Network;
  readonly self: RouterSelf;
  readonly captureNic: string;
  /** Addresses that an assign action of the journal has put, or may have put, on this router. */
  readonly capturedByAction: ReadonlySet<string>;
  readonly discovery: Pick<Discovery, 'include' | 'exclude' | 'tags' | 'releaseStopped'>;
}

/**
 * Which of the observed records are clients that live on this side (PROTOCOL.md, candidate rules), by address. What is no
 * host address of the pool is left out. Of an address that is reported twice, an acceptance beats a rejection, and else
 * the first rejection in the order of the rules counts, so that the order of the records does not matter.
 */
export function judgeCandidates(
  records: readonly AddressRecord[],
  facts: CandidateFacts,
): Map<string, Candidate> {
  const judged = new Map<string, Candidate>();
  for (const record of records) {
    const address = networkOf(record.address);
    if (address?.bits !== 32 || !contains(facts.pool, address)) continue;
    const rejection = rejectionOf(record, address, facts);
    const candidate: Candidate = { record, ...(rejection === undefined ? {} : { rejection }) };
    const before = judged.get(record.address);
    if (before === undefined || isBetter(candidate, before)) judged.set(record.address, candidate);
  }
  return judged;
}

/** The rules in their order. */
const order: readonly Rejection[] = [
  'router-nic',
  'self-private-ip',
  'self-resource',
  'capture-nic',
  'captured-by-action',
  'out-of-scope',
  'excluded',
  'selector-mismatch',
  'instance-stopped',
];

function rejectionOf(record: AddressRecord, address: Network, facts: CandidateFacts): Rejection | undefined {
  const { self, captureNic, discovery } = facts;
  const within = (network: Network) => contains(network, address);
  const applies: Readonly<Record<Rejection, boolean>> = {
    'router-nic': record.resourceType === 'router-nic',
    'self-private-ip': self.privateIPs.includes(record.address),
    'self-resource': record.resourceRef !== '' && record.resourceRef === self.resourceRef,
    'capture-nic': record.nicRef !== '' && (record.nicRef === captureNic || record.nicRef === self.nicRef),
    'captured-by-action': facts.capturedByAction.has(record.address),
    'out-of-scope': discovery.include.length > 0 && !discovery.include.some(within),
    excluded: discovery.exclude.some(within),
    'selector-mismatch': Object.entries(discovery.tags).some(([key, value]) => record.tags[key] !== value),
    'instance-stopped': discovery.releaseStopped && record.instanceState === 'stopped',
  };
  return order.find(rejection => applies[rejection]);
}

function isBetter(a: Candidate, b: Candidate): boolean {
  const rank = ({ rejection }: Candidate) => (rejection === undefined ? -1 : order.indexOf(rejection));
  if (rank(a) !== rank(b)) return rank(a) < rank(b);
  return byRecord(a.record, b.record) < 0;
}
