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
