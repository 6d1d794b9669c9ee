import { mapOf, mapsOf, textOf } from '../../protocol/pick.js';
import type { Value } from '../../protocol/resource.js';
import type { Decision } from './resolve.js';

/** An address that is decided otherwise than before. */
export interface DecisionChange {
  readonly pool: string;
  readonly address: string;
  /** The class before, `none` where the address was not spoken of. */
  readonly was: string;
  readonly is: string;
  /** Why it is so now, and on whose word; empty where it is not spoken of any more. */
  readonly reason: string;
  readonly source: string;
}

/** What is decided otherwise than in an Ownership document, in the order of the decisions, with those that ended last. */
export function decisionChanges(
  pool: string,
  before: Value,
  decisions: readonly Pick<Decision, 'address' | 'class' | 'reason' | 'source'>[],
): DecisionChange[] {
  const old = new Map(
    mapsOf(mapOf(before)['decisions']).map(decision => [textOf(decision['address']), decision]),
  );
  const now = new Set(decisions.map(({ address }) => address));
  const moved = decisions.flatMap(({ address, class: is, reason, source }): DecisionChange[] => {
    const known = old.get(address);
    const was = known === undefined ? 'none' : textOf(known['class']);
    const same = was === is && textOf(known?.['reason']) === reason;
    return same ? [] : [{ pool, address, was, is, reason, source }];
  });
  const ended = [...old].flatMap(([address, decision]): DecisionChange[] =>
    now.has(address)
      ? []
      : [{ pool, address, was: textOf(decision['class']), is: 'none', reason: '', source: '' }],
  );
  return [...moved, ...ended];
}

/** `10.0.1.7 LocalHomeOwned -> RemoteHomeOwned: azure-router says that it lives there (event azure-router)` */
export function decisionChangeText({ address, was, is, reason, source }: DecisionChange): string {
  const step = was === is ? is : `${was} -> ${is}`;
  const why = reason === '' ? '' : `: ${reason}`;
  return `${address} ${step}${why}${source === '' ? '' : ` (${source})`}`;
}
