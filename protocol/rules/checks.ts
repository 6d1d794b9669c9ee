import { isIPv4 } from 'node:net';
import { hasHostBits, ipv4Number, isIpAddress, networkOf, parsePrefix } from '../address.js';
import type { Prefix } from '../address.js';
import { parseDuration } from '../duration.js';
import { parseExecutionWindows } from '../execution-window.js';
import { dnsLabelRule, isDnsLabel, isResourceName, isTopic, resourceNameRule } from '../names.js';
import type { Reason } from '../problem.js';
import type { Value } from '../resource.js';
import { printable } from '../text.js';
import { parseTime } from '../time.js';

/** What a value should have been: the end of the sentence "`spec.ttl` must be …". Reason: InvalidValue by default. */
export interface Fault {
  readonly expected: string;
  readonly hint?: string;
  readonly reason?: Reason;
}

/** Judges one value; undefined when it is good, and when its type is wrong, for types are the business of schemas. */
export type Check = (value: Value) => Fault | undefined;

const text =
  (judge: (value: string) => Fault | undefined): Check =>
  value =>
    typeof value === 'string' ? judge(value) : undefined;

export const positiveDuration = text(value => {
  // The parser's pattern takes quadratic time on a long run of digits.
  const ms = value.length <= 100 ? parseDuration(value) : undefined;
  if (ms !== undefined && ms > 0) return undefined;
  return { expected: 'a duration above zero', hint: durationHint(value) };
});

function durationHint(value: string): string {
  const [, count = '', unit] = /^([1-9]\d{0,5})(d?)$/.exec(value) ?? [];
  if (unit === '') return `did you mean \`${count}s\`?`;
  if (unit === 'd') return `there is no unit for days: write \`${Number(count) * 24}h\``;
  return 'write numbers with the units h, m, s or ms, such as `300s` or `1h30m`';
}

export const absolutePath = text(value =>
  value.startsWith('/') && !value.includes('\0')
    ? undefined
    : { expected: 'an absolute path', hint: 'write the path from the root, such as `/usr/local/bin/name`' },
);

export const ipv4Address = text(value =>
  isIPv4(value) ? undefined : { expected: 'an IPv4 address', hint: 'write it like `192.0.2.1`' },
);

export const addressOrCidr = text(value =>
  isIpAddress(value) || parsePrefix(value) !== undefined
    ? undefined
    : { expected: 'an IP address or a CIDR', hint: 'write it like `192.0.2.1` or `192.0.2.0/24`' },
);

/** Host bits are only looked for in IPv4. */
export const network = text(value => {
  const prefix = parsePrefix(value);
  if (prefix === undefined) return { expected: 'a CIDR', hint: 'write it like `192.0.2.0/24`' };
  if (prefix.family === 4) return hasHostBits(prefix) ? hostBits(prefix) : undefined;
  if (networkOf(value) !== undefined) return undefined;
  return {
    expected: 'the CIDR of a network, without host bits',
    hint: `write \`${prefix.address}/128\` for the one host, or the first address of the network`,
  };
});

export const ipv4Network = text(value => {
  const prefix = parsePrefix(value);
  if (prefix?.family !== 4) return { expected: 'an IPv4 CIDR', hint: 'write it like `192.0.2.0/24`' };
  return hasHostBits(prefix) ? hostBits(prefix) : undefined;
});

function hostBits(prefix: Prefix): Fault {
  const size = 2 ** (32 - prefix.bits);
  const first = Math.floor((ipv4Number(prefix.address) ?? 0) / size) * size;
  const address = [24, 16, 8, 0].map(shift => Math.floor(first / 2 ** shift) % 256).join('.');
  return {
    expected: 'the CIDR of a network, without host bits',
    hint: `write \`${address}/${prefix.bits}\` for the network or \`${prefix.address}/32\` for the one host`,
  };
}

export const hostCidr = text(value => {
  const prefix = parsePrefix(value);
  if (prefix?.bits === (prefix?.family === 4 ? 32 : 128)) return undefined;
  const [address = ''] = value.split('/');
  return {
    expected: 'the CIDR of one host',
    hint: isIpAddress(address)
      ? `write \`${address}/${isIPv4(address) ? 32 : 128}\``
      : 'write it like `192.0.2.1/32`, or with /128 for IPv6',
  };
});

export const topic = text(value =>
  isTopic(value)
    ? undefined
    : {
        expected: 'a topic',
        hint: 'write 1 to 8 labels of A-Z a-z 0-9 _ - joined by dots, such as `cloud.refresh`',
      },
);

export const time = text(value =>
  parseTime(value) === undefined
    ? { expected: 'a time', hint: 'write it like `2026-05-29T12:00:00Z` (RFC 3339)' }
    : undefined,
);

export const digest = text(value =>
  /^sha256:[0-9a-f]{64}$/.test(value) ? undefined : { expected: '`sha256:` and 64 hex digits' },
);

export const executionWindow = text(value =>
  parseExecutionWindows(value) === undefined
    ? {
        expected: 'an execution window',
        hint: 'write `[DAYS ]HH:MM-HH:MM[ ZONE]`, several separated by `;`, such as `Mon-Fri 22:00-04:00 Asia/Tokyo`',
      }
    : undefined,
);

export const resourceName = text(value =>
  isResourceName(value) ? undefined : { expected: 'a name', hint: resourceNameRule, reason: 'InvalidName' },
);

/** For names that become part of a file name. */
export const fileName = text(value =>
  isDnsLabel(value)
    ? undefined
    : { expected: 'a name that can stand in a file name', hint: dnsLabelRule, reason: 'InvalidName' },
);

export const apiVersionText = text(value =>
  value.length <= 253 && /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?:\/[a-z0-9]+)?$/.test(value)
    ? undefined
    : { expected: 'a group and a version', hint: 'write it like `net.routerd.net/v1alpha1`' },
);

export const kindText = text(value =>
  /^[A-Za-z][A-Za-z0-9]{0,62}$/.test(value)
    ? undefined
    : { expected: 'a kind', hint: 'write one word of at most 63 letters and digits, such as `IPv4Route`' },
);

/** A word for people: at least one character, and none that could disturb a terminal or a log. */
export const label = text(value =>
  value !== '' && printable(value) === value ? undefined : { expected: 'one or more printable characters' },
);

/** What a shell is given as its whole program. */
export const commandLine = text(value =>
  value.trim() !== '' && !value.includes('\0')
    ? undefined
    : { expected: 'a command line', hint: 'write it as for a shell, such as `ping -c1 192.0.2.1`' },
);

export const percentage: Check = value =>
  typeof value === 'number' && !(value >= 0 && value <= 100)
    ? { expected: 'a percentage from 0 to 100' }
    : undefined;

/** The operating system ends every environment string at a NUL. */
export const withoutNul = text(value =>
  value.includes('\0') ? { expected: 'text without NUL characters' } : undefined,
);

export function integerFrom(least: number): Check {
  return value =>
    typeof value === 'number' && value < least ? { expected: `a whole number, ${least} or more` } : undefined;
}
