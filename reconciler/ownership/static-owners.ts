import type { Network } from '../../protocol/address.js';
import { ipv4Number, ipv4Text } from '../../protocol/address.js';
import type { MobilityPool } from '../../protocol/mobility.js';

/** The nodes whose `staticOwnedAddresses` name an address. */
export interface StaticOwners {
  /** In the order of the members. */
  of(address: string): readonly string[];
  /** Addresses that an entry names by themselves, rather than as one of a network. */
  readonly hosts: readonly string[];
}

interface Range {
  readonly node: string;
  readonly first: number;
  readonly last: number;
}

/** Reads the entries once: single addresses are looked up, and only networks are gone through. */
export function staticOwnersOf({ members }: Pick<MobilityPool, 'members'>): StaticOwners {
  const ranges = members.flatMap(({ nodeRef, staticOwned }) =>
    staticOwned.filter(({ family }) => family === 4).map(network => rangeOf(nodeRef, network)),
  );
  const hosts = new Map<number, string[]>();
  for (const { node, first, last } of ranges)
    if (first === last) hosts.set(first, [...(hosts.get(first) ?? []), node]);
  const networks = ranges.filter(({ first, last }) => first < last);
  const order = members.map(({ nodeRef }) => nodeRef);
  return {
    of(address) {
      const number = ipv4Number(address);
      if (number === undefined) return [];
      const around = networks.filter(({ first, last }) => first <= number && number <= last);
      if (around.length === 0 && !hosts.has(number)) return [];
      const found = new Set([...(hosts.get(number) ?? []), ...around.map(({ node }) => node)]);
      return [...found].sort((a, b) => order.indexOf(a) - order.indexOf(b));
    },
    hosts: [...hosts.keys()].map(number => ipv4Text(BigInt(number))),
  };
}

function rangeOf(node: string, { first, bits }: Network): Range {
  const start = Number(first);
  return { node, first: start, last: start + 2 ** (32 - bits) - 1 };
}
