import type { AddressRecord } from '../../../protocol/inventory.js';
import type { PoolMember } from '../../../protocol/mobility.js';
import type { Decision, OwnershipInput, Verdict } from '../decision.js';
import type { Evidence } from '../evidence.js';

/** An address, and everything that is known. */
export interface Question {
  readonly address: string;
  readonly input: OwnershipInput;
  readonly evidence: Evidence;
}

/** What a rule says, whose name is added by whoever asks. */
export type Finding = Omit<Verdict, 'rule'>;

/** One rule: what it says of an address, or, as a text, why it does not apply. */
export type Rule = (question: Question) => Finding | string;

/** What holds for an address that this router may advertise. */
export function mine({ nodeRef }: PoolMember, advertiseReason: string) {
  return { homeOwnerNode: nodeRef, advertiseOwnerNode: nodeRef, advertiseReason } as const;
}

/** What holds for an address that lives on another node's side. */
export function theirs(node: string) {
  return {
    class: 'RemoteHomeOwned',
    homeOwnerNode: node,
    advertiseOwnerNode: node,
    advertiseReason: 'remote-home-owner',
    suppressionReason: 'remote-home-owner',
  } as const;
}

/** Where an address of this side lives. */
export function homeHere({ self }: OwnershipInput, record: AddressRecord | undefined): Partial<Decision> {
  return {
    homeOwnerNode: self.nodeRef,
    homeProviderRef: nonEmpty(record?.providerRef) ?? self.discovery.providerRef,
    homeSubnetRef: record?.subnetRef ?? '',
    homeNICRef: record?.nicRef ?? '',
  };
}

/** How this router holds an address. */
export function captureHere(
  { address, input: { self, captures } }: Question,
  captureState: 'Confirmed' | 'Stale',
): Partial<Decision> {
  return {
    captureState,
    captureHolderNode: self.nodeRef,
    captureTargetRef: nonEmpty(captures.get(address)?.targetRef) ?? self.capture.nicRef,
    captureStrategy: self.capture.captureStrategy || 'secondary-ip',
  };
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
