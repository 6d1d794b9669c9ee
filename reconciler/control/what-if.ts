import type { Instant } from '../../protocol/time.js';
import type { LoadedConfig } from '../../state/config/load.js';
import { settle } from '../settle/settle.js';
import type { Settlement } from '../settle/settle.js';
import { situationOf } from '../situation.js';
import type { StateView } from '../state-dir.js';

/**
 * What a pass would come to at this moment if nothing withheld what the config directory holds; undefined where that has
 * errors. Under the parts that live now: what plugins would say to it nobody knows. Writes nothing.
 */
export async function whatIfPromoted(
  view: StateView,
  { config, now }: { readonly config: LoadedConfig; readonly now: Instant },
): Promise<Settlement | undefined> {
  const situation = await situationOf(config, view.head, { now, permit: 'all' });
  const { startup } = situation;
  if (startup === undefined || config.startup === undefined) return undefined;
  const facts = { proposals: [], lineage: view.store?.lineage ?? '', engineVersion: '', operator: '' };
  return settle({ ...facts, situation: { ...situation, startup }, head: view.head }, now);
}
