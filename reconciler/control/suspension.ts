import { mapsOf, textOf, timeOf } from '../../protocol/pick.js';
import { apiVersions, isMap } from '../../protocol/resource.js';
import type { Value } from '../../protocol/resource.js';
import { oneLine } from '../../protocol/text.js';
import { formatTime } from '../../protocol/time.js';
import type { Instant } from '../../protocol/time.js';

/** What stands for every plugin, and for the edits of the config directory. */
export const suspendAll = 'all';

/** Somebody's word that a plugin, or everything, is left alone for a while. */
export interface Suspension {
  /** `plugin/<name>`, or `all`. */
  readonly target: string;
  readonly since: Instant;
  /** The first moment at which it no longer holds. */
  readonly until: Instant;
  readonly by: string;
  readonly reason: string;
}

export const targetOf = (plugin: string): string => `plugin/${plugin}`;

export function encodeSuspensions(suspensions: readonly Suspension[]): Value {
  return {
    apiVersion: apiVersions.state,
    kind: 'Suspend',
    suspended: suspensions.map(({ target, since, until, by, reason }) => ({
      target,
      since: formatTime(since),
      until: formatTime(until),
      by,
      reason,
    })),
  };
}

/** Reads what encodeSuspensions wrote; an entry that cannot be read counts as absent. */
export function decodeSuspensions(document: Value): Suspension[] {
  if (!isMap(document) || document['kind'] !== 'Suspend') return [];
  return mapsOf(document['suspended']).flatMap((entry): Suspension[] => {
    const target = textOf(entry['target']);
    const [since, until] = [timeOf(entry['since']), timeOf(entry['until'])];
    if (target === '' || since === undefined || until === undefined) return [];
    return [{ target, since, until, by: textOf(entry['by']), reason: textOf(entry['reason']) }];
  });
}

/** What is left of the suspensions after a pass. */
export function suspensionsAfter(suspensions: readonly Suspension[], now: Instant): readonly Suspension[] {
  return suspensions.filter(({ until }) => until > now).map(entry => notFromTheFuture(entry, now));
}

/** After the clock was set back, a suspension begins anew: it must not last longer than it was meant to by the distance. */
function notFromTheFuture(suspension: Suspension, now: Instant): Suspension {
  const { since, until } = suspension;
  return since <= now ? suspension : { ...suspension, since: now, until: now + (until - since) };
}

/** The suspension that keeps a plugin from being started; of its own and that of all the one that lasts longer. */
export function suspensionOf(
  suspensions: readonly Suspension[],
  plugin: string,
  now: Instant,
): Suspension | undefined {
  return longest(suspensions, [targetOf(plugin), suspendAll], now);
}

/** The suspension of everything. */
export function suspensionOfAll(suspensions: readonly Suspension[], now: Instant): Suspension | undefined {
  return longest(suspensions, [suspendAll], now);
}

function longest(
  suspensions: readonly Suspension[],
  targets: readonly string[],
  now: Instant,
): Suspension | undefined {
  const [first, ...more] = suspensions.filter(({ target, until }) => targets.includes(target) && until > now);
  return more.reduce((last, entry) => (last !== undefined && entry.until > last.until ? entry : last), first);
}

/** Why a plugin is not started, and what to do. */
export function suspendedText(plugin: string, { target, by, until, reason }: Suspension): string {
  const why = oneLine(`by ${by} until ${formatTime(until)}: ${reason}`, 400);
  return `the plugin ${plugin} is suspended ${why} (routerctl resume ${target})`;
}
