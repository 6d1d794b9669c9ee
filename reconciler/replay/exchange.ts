import { textOf, timeOf } from '../../protocol/pick.js';
import { apiVersions, isMap } from '../../protocol/resource.js';
import type { Value } from '../../protocol/resource.js';
import { formatTime } from '../../protocol/time.js';
import type { Instant } from '../../protocol/time.js';

/** An accepted run of a plugin, kept so that its request can be put again. */
export interface Exchange {
  readonly plugin: string;
  readonly startedAt: Instant;
  /** Why it ran, in words. */
  readonly why: string;
  /** The part that its result became or renewed, `Plugin/x#12`. */
  readonly part: string;
  /** Digest of the program that answered. */
  readonly executable: string;
  /** The PluginRequest: what the plugin was allowed to see, redacted before it was sent. */
  readonly request: Value;
  /** Digest of what the result proposed, as a part's: order and lease do not count. */
  readonly resultDigest: string;
  /** The PluginResult as it was read; undefined where `record` was not set, or where it was too large. */
  readonly result?: Value;
}

/** Prints an exchange as one line of JSON. */
export function encodeExchange(exchange: Exchange): string {
  const { startedAt, request, result, ...rest } = exchange;
  const value = {
    apiVersion: apiVersions.state,
    kind: 'Exchange',
    ...rest,
    startedAt: formatTime(startedAt),
    request,
    ...(result === undefined ? {} : { result }),
  };
  return `${JSON.stringify(value)}\n`;
}

/** Reads what encodeExchange wrote; undefined for anything else, such as what a power cut has left of it. */
export function decodeExchange(text: string): Exchange | undefined {
  let value: Value;
  try {
    value = JSON.parse(text) as Value;
  } catch {
    return undefined;
  }
  if (!isMap(value) || value['kind'] !== 'Exchange') return undefined;
  const { request, result } = value;
  const startedAt = timeOf(value['startedAt']);
  if (startedAt === undefined || request === undefined) return undefined;
  return {
    plugin: textOf(value['plugin']),
    startedAt,
    why: textOf(value['why']),
    part: textOf(value['part']),
    executable: textOf(value['executable']),
    request,
    resultDigest: textOf(value['resultDigest']),
    ...(result === undefined ? {} : { result }),
  };
}
