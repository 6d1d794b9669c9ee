import { isError } from '../protocol/problem.js';
import type { Problem } from '../protocol/problem.js';
import { ok } from '../protocol/result.js';
import type { Result } from '../protocol/result.js';
import type { Instant } from '../protocol/time.js';
import { loadConfig } from '../state/config/load.js';
import type { LoadedConfig } from '../state/config/load.js';
import type { Store } from '../state/git/store.js';
import { cachePass } from './cache-pass.js';
import { commitSettlement, openForWriting } from './commit.js';
import { expiryOrder } from './control/expiry.js';
import { governed, operatorOf } from './control/governed.js';
import type { Governed } from './control/governed.js';
import type { PassPromotion } from './control/promotion.js';
import { lostCandidates } from './control/held-refs.js';
import { withheldOf } from './control/withheld.js';
import type { Withheld } from './control/withheld.js';
import { orderProblems } from './control/order.js';
import type { StartupOrder } from './control/order.js';
import { pluginReports, proposalsOf } from './outcomes.js';
import { listenersOf } from './events/listeners.js';
import type { Attempt } from './outcomes.js';
import { learn, underHeldLeases } from './memory.js';
import type { PassFailure, PassOptions } from './pass-options.js';
import { planRuns } from './plan-runs.js';
import type { PlannedPlugin } from './plan-runs.js';
import type { PassReport } from './report.js';
import { settleGuarded } from './settle/guarded.js';
import type { Settlement } from './settle/settle.js';
import { situationOf } from './situation.js';
import type { Situation } from './situation.js';
import { viewState } from './state-dir.js';
import type { StateView } from './state-dir.js';
import { withStateLock } from './state-lock.js';

/** Settles and commits under the lock, against HEAD as it then is. */
export async function commitUnderLock(
  options: PassOptions,
  plan: readonly PlannedPlugin[],
  found: Pick<ConcludeOrder, 'attempts' | 'config' | 'readAt'> & Partial<Pick<ConcludeOrder, 'lightly'>>,
): Promise<Result<PassReport, PassFailure>> {
  const order: ConcludeOrder = { lightly: false, ...found, options, plan };
  return withStateLock(options, async lost => {
    for (;;) {
      const light = await decideLightly(order);
      const decided =
        light !== undefined && commitsNothing(light.report) ? ok(light) : await decideAfresh(order, light);
      if (!decided.ok) return decided;
      const { store, view, report } = decided.value;
      if (report.refused !== undefined) return ok(report);
      const done = await commitSettlement({
        store,
        view,
        report,
        lost,
        memory: options.memory?.commits,
        listeners: listenersOf(
          await situationOf(report.config, view.head, { now: report.finishedAt, withheld: report.withheld }),
        ),
      });
      // Somebody committed without the lock, as by hand: decide again on what is there now.
      if (done !== 'moved') return ok(done);
    }
  });
}

/** The same for a command, after which nobody comes who keeps for others what it has read. */
export async function commitOnce(
  ...order: Parameters<typeof commitUnderLock>
): ReturnType<typeof commitUnderLock> {
  const done = await commitUnderLock(...order);
  const [{ state }] = order;
  if (done.ok && done.value.refused === undefined) await cachePass(state.path, done.value);
  return done;
}

interface ConcludeOrder {
  readonly options: PassOptions;
  readonly plan: readonly PlannedPlugin[];
  readonly attempts: readonly Attempt[];
  readonly config: LoadedConfig;
  /** HEAD at a moment before `config` was read; undefined before the first commit. */
  readonly readAt: string | undefined;
  /** Whether a pass that commits nothing may leave the repository alone. */
  readonly lightly: boolean;
}

interface Decided {
  readonly store: Store;
  readonly view: StateView;
  readonly report: PassReport;
}

/**
 * Decides on what is there without asking git: a renewal changes files in `run/` alone. Undefined where git has to be asked
 * before anything can be decided.
 */
async function decideLightly(order: ConcludeOrder): Promise<Decided | undefined> {
  const { options, lightly } = order;
  const { memory } = options;
  if (memory === undefined || !lightly) return undefined;
  const found = await viewState(options.state, memory.commits);
  if (!found.ok || found.value.store === undefined) return undefined;
  // One that was moved, by hand or by another writer, has to be looked at first.
  if (found.value.head.commit !== found.value.acknowledged?.commit) return undefined;
  const view = underHeldLeases(found.value, memory);
  const report = await decide({ ...order, view, repairs: [] });
  return { store: found.value.store, view, report };
}

function commitsNothing({ settlement }: PassReport): boolean {
  return settlement === undefined || (settlement.commit === undefined && settlement.holds.length === 0);
}

/** Decides under the lock on what git says. `light` is what was decided under the same lock without asking it. */
async function decideAfresh(
  order: ConcludeOrder,
  light: Decided | undefined,
): Promise<Result<Decided, PassFailure>> {
  const { options } = order;
  const opened = await openForWriting(options.state, options.clock(), options.memory?.commits);
  if (!opened.ok) return opened;
  const { store, repairs } = opened.value;
  const view = underHeldLeases(opened.value.view, options.memory);
  const { commit } = view.head;
  if (light !== undefined && light.view.head.commit === commit && order.readAt === commit)
    return ok({ store, view, report: { ...light.report, repairs } });
  // Who has moved HEAD meanwhile may have committed an edit that is not in what we read, which would take it back.
  const config = commit === order.readAt ? order.config : await loadConfig(options.config);
  return ok({ store, view, report: await decide({ ...order, config, view, repairs }) });
}

export interface Decision {
  readonly options: Pick<PassOptions, 'engineVersion' | 'operator' | 'only'>;
  readonly plan: readonly PlannedPlugin[];
  readonly attempts: readonly Attempt[];
  readonly config: LoadedConfig;
  readonly view: StateView;
  readonly repairs: readonly Problem[];
}

/** Decides a pass on what was read, and reports it; effects are the caller's. */
export async function decide(decision: Decision & { readonly options: PassOptions }): Promise<PassReport> {
  const { options, config, view } = decision;
  // Read after the results that it uses: none of them is from the future.
  const now = options.clock();
  const order = (await options.order?.({ view, config, now })) ?? (await expiryOrder(view, now));
  const lost = await lostCandidates(view);
  const { situation, ...governing } = await governed({ options, config, view, order, now, lost });
  const { promotion } = options;
  const report = decideUnder(decision, {
    situation,
    order,
    now,
    governing: { ...governing, lost, promotion },
  });
  const { settlement, startup } = report;
  const known = options.memory?.commits;
  if (known?.last !== undefined && known.last.commit === view.head.commit)
    if (settlement !== undefined && settlement.commit === undefined) learn(known, settlement, startup);
  return report;
}

/** What a decision is made under. */
export interface Circumstances {
  readonly situation: Situation;
  readonly order: StartupOrder | undefined;
  readonly now: Instant;
  /** What changes are judged by; without it nothing is held and nothing has to be confirmed. */
  readonly governing?: Omit<Governed, 'situation'> & {
    readonly lost: ReadonlySet<string>;
    readonly promotion?: PassPromotion | undefined;
  };
}

/** The same where the circumstances are known. Pure. */
export function decideUnder(decision: Decision, circumstances: Circumstances): PassReport {
  const { options, plan, attempts, config, view } = decision;
  const { situation, order, now, governing } = circumstances;
  const problems =
    order === undefined || order.isTrusted === true ? [] : orderProblems(order, config, situation.plugins);
  const refused = problems.some(isError);
  const current = inputsOf(planRuns({ ...view, situation }, now));
  const promoted = governing?.promotion?.result;
  const { startup } = situation;
  const settlement =
    startup === undefined || refused
      ? undefined
      : settleGuarded(
          {
            situation: { ...situation, startup },
            head: view.head,
            proposals: [...proposalsOf(attempts, current), ...(promoted === undefined ? [] : [promoted])],
            lineage: view.store?.lineage ?? '',
            engineVersion: options.engineVersion,
            operator: operatorOf(options, config),
            order,
            ...governing,
          },
          now,
        );
  const withheld = order === undefined ? situation.withheld : withheldAfter(settlement, situation, now);
  return {
    config,
    only: options.only,
    head: view.head,
    startup,
    plugins: pluginReports({ plan, attempts, current, settlement }),
    settlement,
    ...(order === undefined ? {} : { order }),
    ...(withheld === undefined ? {} : { withheld }),
    ...(refused ? { refused: problems } : {}),
    commit: undefined,
    repairs: decision.repairs,
    finishedAt: now,
  };
}

/** Why the directory is not taken from now on, once another startup-config than its own is in force. */
function withheldAfter(
  settlement: Settlement | undefined,
  { input }: Situation,
  now: Instant,
): Withheld | undefined {
  const digest = input?.();
  if (settlement === undefined || digest === undefined) return undefined;
  return withheldOf(settlement.control, { input: digest, accepted: settlement.startupConfigHash, now });
}

function inputsOf(plan: readonly PlannedPlugin[]): Map<string, string> {
  return new Map(
    plan.flatMap(planned => (planned.state === 'ready' ? [[planned.name, planned.inputDigest]] : [])),
  );
}
