import { isIP, isIPv4 } from 'node:net';

/** An IP address with a prefix length, as written. */
export interface Prefix {
  readonly family: 4 | 6;
  readonly address: string;
  readonly bits: number;
}

/** Reads `address/bits`. Undefined for odd spellings: leading zeros (`010.0.0.1`, `/08`), zones, bits out of range. */
export function parsePrefix(text: string): Prefix | undefined {
  const match = /^([0-9A-Fa-f:.]+)\/(0|[1-9]\d{0,2})$/.exec(text);
  if (match === null) return undefined;
  const [, address = '', bitsText] = match;
  const family = isIP(address);
  const bits = Number(bitsText);
  if (family !== 4 && family !== 6) return undefined;
  return bits <= (family === 4 ? 32 : 128) ? { family, address, bits } : undefined;
}

export function isIpAddress(text: string): boolean {
  return !text.includes('%') && isIP(text) !== 0;
}

/** The number of an IPv4 address, 0 to 2^32 - 1. */
export function ipv4Number(address: string): number | undefined {
  if (!isIPv4(address)) return undefined;
  return address.split('.').reduce((number, part) => number * 256 + Number(part), 0);
}

/** Whether bits beyond an IPv4 prefix are set, as in `10.0.0.1/24`. */
export function hasHostBits(prefix: Prefix): boolean {
  const number = ipv4Number(prefix.address);
  return number !== undefined && number % 2 ** (32 - prefix.bits) !== 0;
}

/** A whole network: all addresses from `first` that share its leading `bits`. */
export interface Network {
  readonly family: 4 | 6;
  readonly bits: number;
  /** The lowest address, as a number of 32 or 128 bits. */
  readonly first: bigint;
}

const width = { 4: 32, 6: 128 } as const;
const mappedFirst = 0xffffn << 32n;

/**
 * The network that an address or CIDR names; an address is a network of one. A v4-mapped one (`::ffff:10.0.0.1`) is the
 * IPv4 network that it stands for. Undefined for odd spellings, and for a CIDR with host bits set, which may mean the
 * address as well as its network.
 */
export function networkOf(text: string): Network | undefined {
  const prefix = parsePrefix(text) ?? hostPrefix(text);
  if (prefix === undefined) return undefined;
  const { family, bits } = prefix;
  const first = addressNumber(prefix);
  if (first % (1n << BigInt(width[family] - bits)) !== 0n) return undefined;
  const mapped = family === 6 && bits >= 96 && first >> 32n === mappedFirst >> 32n;
  return mapped ? { family: 4, bits: bits - 96, first: first - mappedFirst } : { family, bits, first };
}

/** Whether every address of `inner` lies in `outer`. */
export function contains(outer: Network, inner: Network): boolean {
  if (outer.family !== inner.family || outer.bits > inner.bits) return false;
  const host = BigInt(width[outer.family] - outer.bits);
  return outer.first >> host === inner.first >> host;
}

function hostPrefix(address: string): Prefix | undefined {
  if (!isIpAddress(address)) return undefined;
  const family = isIPv4(address) ? 4 : 6;
  return { family, address, bits: width[family] };
}

function addressNumber({ family, address }: Prefix): bigint {
  if (family === 4) return BigInt(ipv4Number(address) ?? 0);
  return ipv6Groups(address).reduce((number, group) => (number << 16n) | BigInt(group), 0n);
}

/** The eight groups of an IPv6 address that isIP accepts (RFC 4291, 2.2). */
function ipv6Groups(address: string): number[] {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  const [, head = '', tail = ''] = dotted ?? [];
  const last = ipv4Number(tail) ?? 0;
  const text =
    dotted === null
      ? address
      : `${head}${Math.floor(last / 65_536).toString(16)}:${(last % 65_536).toString(16)}`;
  const [left = [], right] = text.split('::').map(side => (side === '' ? [] : side.split(':')));
  const groups =
    right === undefined
      ? left
      : [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return groups.map(group => Number.parseInt(group, 16));
}

/** The one address that an address or host CIDR names, in its usual spelling; undefined for a larger network. */
export function hostOf(text: string): string | undefined {
  const network = networkOf(text);
  if (network === undefined) return undefined;
  if (network.bits !== width[network.family]) return undefined;
  return network.family === 4 ? ipv4Text(network.first) : text.replace(/\/128$/, '').toLowerCase();
}

/** The dotted form of an IPv4 address. */
export function ipv4Text(number: bigint): string {
  return [24n, 16n, 8n, 0n].map(shift => String((number >> shift) & 255n)).join('.');
}
