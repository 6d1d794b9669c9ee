import { formatTime } from '../../protocol/time.js';
import type { Quarantined } from '../../reconciler/control/quarantine.js';
import type { Withheld } from '../../reconciler/control/withheld.js';

/** Why what the config directory holds is not taken. */
export interface WithheldItem extends Omit<Withheld, 'since' | 'until'> {
  readonly since: string;
  /** When that ends by itself; null for never. */
  readonly until: string | null;
}

export function withheldItem(withheld: Withheld): WithheldItem {
  const { since, until } = withheld;
  return { ...withheld, since: formatTime(since), until: until === undefined ? null : formatTime(until) };
}

export interface QuarantineItem extends Omit<Quarantined, 'since'> {
  readonly since: string;
}

export function quarantineItem(entry: Quarantined): QuarantineItem {
  return { ...entry, since: formatTime(entry.since) };
}
