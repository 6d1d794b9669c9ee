import { changePolicyOf } from '../../protocol/change-policy.js';
import type { Instant } from '../../protocol/time.js';
import { startupSource } from '../../render/merge.js';
import type { LoadedConfig } from '../../state/config/load.js';
import type { Head } from '../head.js';
import type { PassOptions } from '../pass-options.js';
import { guardOf, judgeEdit, mayGuard } from '../settle/judge.js';
import type { Guard, GoverningSituation } from '../settle/judge.js';
import type { HeldEdit } from '../settle/guarded.js';
import { situationOf } from '../situation.js';
import type { Situation } from '../situation.js';
import type { StateView } from '../state-dir.js';
import type { ConfirmOrder } from './confirmation.js';
import { controlOf } from './control.js';
import { mayBeAnswered } from './guard.js';
import type { HoldReason } from './guard.js';
import { reasonsText } from './held.js';
import type { StartupOrder } from './order.js';

export interface GovernFacts {
  readonly options: Pick<
    PassOptions,
    'answered' | 'asks' | 'confirm' | 'operator' | 'permit' | 'promotion' | 'suppose'
  >;
  readonly config: LoadedConfig;
  readonly view: Pick<StateView, 'head'>;
  readonly order?: StartupOrder | undefined;
  /** Sources whose candidate has lost its ref. */
  readonly lost?: ReadonlySet<string>;
  readonly now: Instant;
}

/** The configuration that a pass works under once the guard has judged the edit, and what else is to be judged by it. */
export interface Governed {
  readonly situation: Situation;
  readonly guard: Guard | undefined;
  readonly edit?: HeldEdit;
  /** How an edit that is taken in this pass has to be confirmed. */
  readonly confirm: ConfirmOrder | undefined;
}

/** A situation in which an edit that goes beyond the guard of the configuration in force is withheld. */
export async function governed(facts: GovernFacts): Promise<Governed> {
  const { config, now, order, options } = facts;
  const { head } = facts.view;
  const confirm = confirmOrderOf(head, options.confirm);
  const answered = options.answered === true || confirm !== undefined;
  const promoted = options.promotion?.digest;
  const guard = guardOf(head, { answered: options.answered === true, promoted });
  const situation = await situationOf(config, head, { now, permit: options.permit, answered, order });
  const under = { situation, guard, confirm };
  if (order !== undefined) return under;
  if (situation.withheld?.kind === 'held') return heldAlready(facts, under);
  const digest = guard === undefined || !situation.fresh ? undefined : situation.input?.();
  if (guard === undefined || digest === undefined || digest === promoted) return under;
  if (digest === head.record?.startupConfigHash) return under;
  return judged(facts, { ...under, guard: { ...guard, answered }, digest });
}

/** Whose name a pass makes commits under where they are an operator's. */
export function operatorOf({ operator }: Pick<PassOptions, 'operator'>, config: LoadedConfig): string {
  return typeof operator === 'string' ? operator : operator(config);
}

/** What was asked for, filled up with what the policy in force says. */
function confirmOrderOf(head: Head, asked: ConfirmOrder | undefined): ConfirmOrder | undefined {
  const policy = mayGuard(head) ? changePolicyOf(head.startup()).confirm : undefined;
  const forMs = asked?.forMs ?? policy?.defaultMs;
  return forMs === undefined ? undefined : { forMs, probe: asked?.probe ?? policy?.probe };
}

/** What is held stays held, even if it would pass by now: nothing comes into force at a moment that nobody chose. */
async function heldAlready({ config, view, now, lost }: GovernFacts, under: Governed): Promise<Governed> {
  if (lost?.has(startupSource) !== true) return under;
  const known = controlOf(view.head).held.find(({ source }) => source === startupSource);
  const edited = await situationOf(config, view.head, { now, permit: 'all' });
  if (!isGoverning(edited) || known === undefined) return under;
  return { ...under, edit: { situation: edited, digest: known.digest, reasons: known.reasons } };
}

async function judged(
  { options, config, view, now }: GovernFacts,
  under: Governed & { readonly guard: Guard; readonly digest: string },
): Promise<Governed> {
  const { guard, digest, situation: edited, confirm } = under;
  const { head } = view;
  const withhold = (kind: 'held' | 'unanswered', reasons: readonly HoldReason[]) =>
    situationOf(config, head, {
      now,
      withheld: {
        digest,
        kind,
        by: operatorOf(options, config),
        since: now,
        why: reasonsText(reasons),
      },
    });
  const accepted = await withhold('held', []);
  if (!isGoverning(accepted) || !isGoverning(edited)) return { situation: edited, guard, confirm };
  const reasons = judgeEdit({ accepted, edited }, { head, guard }, now);
  const rest = { guard, confirm };
  if (reasons.length === 0) return { ...rest, situation: edited };
  const isAsked = options.asks === true && mayBeAnswered(reasons);
  const situation = await withhold(isAsked ? 'unanswered' : 'held', reasons);
  return isAsked
    ? { ...rest, situation }
    : { ...rest, situation, edit: { situation: edited, digest, reasons } };
}

function isGoverning(situation: Situation): situation is GoverningSituation {
  return situation.startup !== undefined;
}
