import { expect } from 'chai';
import fc from 'fast-check';
import { effectDigest, keyIdentity } from '../../protocol/action-plan.js';
import { decodeActionPolicy } from '../../protocol/action-policy.js';
import { canonicalJson } from '../../protocol/digest.js';
import type { Part } from '../../protocol/part.js';
import { asValue } from '../../protocol/resource.js';
import type { ValueMap } from '../../protocol/resource.js';
import { fail, ok } from '../../protocol/result.js';
import type { Instant } from '../../protocol/time.js';
import { keyFor, revisionOf, stateOf } from '../../reconciler/action/action.js';
import type { Action, ActionState, Direction, ExecutorIdentity } from '../../reconciler/action/action.js';
import { stateAfter } from '../../reconciler/action/exchange.js';
import { judgeGates } from '../../reconciler/action/gates.js';
import type { GateFacts } from '../../reconciler/action/gates.js';
import { move } from '../../reconciler/action/move.js';
import { countRolledBack, planGone, planImport } from '../../reconciler/action/plan-import.js';
import { settledState } from '../../reconciler/action/operate.js';
import { noon, planValue, policyResource, policySpec } from './actions.js';
import type { Changes } from './actions.js';
import { part } from './build.js';

/** What somebody does, or what happens. `at` chooses among the actions that there are. */
export type Deed =
  | { readonly type: 'propose'; readonly source: string; readonly plans: readonly ValueMap[] }
  | { readonly type: 'expire'; readonly source: string }
  | { readonly type: 'capability'; readonly source: string; readonly given: boolean }
  | { readonly type: 'import'; readonly asked: boolean }
  | { readonly type: 'approve' | 'reject' | 'retry' | 'resolve'; readonly at: number }
  | {
      readonly type: 'run';
      readonly at: number;
      readonly direction: Direction;
      readonly asked: GateFacts['asked'];
      readonly course: Course;
      readonly startedInRun: number;
    }
  | { readonly type: 'policy'; readonly changes: Changes }
  | { readonly type: 'executor'; readonly digest: string | undefined }
  | { readonly type: 'setBack'; readonly steps: number };

/** How a start goes. The crashes leave no answer behind; `crashBeforeStart` comes before the ledger has its line. */
export type Course =
  | 'succeeded'
  | 'failed'
  | 'skipped'
  | 'silentWithEffect'
  | 'silentWithoutEffect'
  | 'crashBeforeStart'
  | 'crashWithoutEffect'
  | 'crashWithEffect';

const withEffect: readonly Course[] = ['succeeded', 'silentWithEffect', 'crashWithEffect'];

/** What the model itself remembers of an approval, apart from the journal. */
interface Consent {
  readonly plan: string;
  readonly executor: string | undefined;
}

interface Moment {
  readonly journal: ReadonlyMap<string, Action>;
  readonly consents: ReadonlyMap<string, Consent>;
}

/**
 * Provider actions as the pure functions decide about them, with a cloud that is not idempotent: it counts what is done
 * under a key. Each deed checks that nothing was started without right, and that no key has had two effects.
 */
export class ActionWorld {
  /** Every action by id. */
  journal = new Map<string, Action>();
  /** Effects in the cloud by the identity of their key. */
  readonly effects = new Map<string, number>();
  starts = 0;
  #consents = new Map<string, Consent>();
  readonly #ledger = new Map<string, string[]>();
  #parts = new Map<string, Part>();
  readonly #mute = new Set<string>();
  #spec: ValueMap = policySpec();
  #executor: ExecutorIdentity | undefined = { plugin: 'oci-executor', digest: 'sha256:1' };
  readonly #history: Moment[] = [];
  #now: Instant = noon;

  does(deed: Deed): void {
    this.#now += 1_000;
    this.#interrupt();
    this.#do(deed);
    for (const [key, count] of this.effects) expect(count, `effects under ${key}`).to.equal(1);
    this.#history.push({ journal: new Map(this.journal), consents: new Map(this.#consents) });
  }

  /** What an import would do now. */
  importable(asked: boolean, order: <T>(list: readonly T[]) => T[] = list => [...list]): readonly Action[] {
    const parts = order([...this.#parts.values()]).map(one => ({
      ...one,
      actionPlans: order(one.actionPlans),
    }));
    const facts = { parts, mayPropose: (source: string) => !this.#mute.has(source) };
    const actions = order([...this.journal.values()]);
    return planImport({ ...facts, actions, ledger: this.#ledger, by: 'alice', asked }, this.#now).steps;
  }

  #do(deed: Deed): void {
    switch (deed.type) {
      case 'propose': {
        const before = this.#parts.get(deed.source)?.generation ?? 0;
        const made = part(deed.source, { generation: before + 1, actionPlans: deed.plans });
        this.#parts.set(deed.source, made);
        return;
      }
      case 'expire':
        this.#parts.delete(deed.source);
        return;
      case 'capability':
        if (deed.given) this.#mute.delete(`Plugin/${deed.source}`);
        else this.#mute.add(`Plugin/${deed.source}`);
        return;
      case 'import':
        for (const action of this.importable(deed.asked)) this.#save(action);
        return;
      case 'approve':
      case 'reject':
      case 'retry':
      case 'resolve':
        this.#operate(deed.type, this.#chosen(deed.at));
        return;
      case 'run':
        this.#run(deed);
        return;
      case 'policy':
        this.#spec = policySpec(deed.changes);
        return;
      case 'executor':
        this.#executor =
          deed.digest === undefined ? undefined : { plugin: 'oci-executor', digest: deed.digest };
        return;
      case 'setBack': {
        // Somebody resets the branch of the state repository; the ledger beside it stays.
        const moment = this.#history.at(-1 - deed.steps);
        if (moment === undefined) return;
        this.journal = new Map(moment.journal);
        this.#consents = new Map(moment.consents);
        return;
      }
    }
  }

  #chosen(at: number): Action | undefined {
    const actions = [...this.journal.values()];
    return actions[at % Math.max(actions.length, 1)];
  }

  #save(action: Action): void {
    const last = action.transitions.at(-1);
    if (last?.cause.type !== 'approved') this.#consents.delete(action.id);
    this.journal.set(action.id, action);
  }

  #operate(type: 'approve' | 'reject' | 'retry' | 'resolve', action: Action | undefined): void {
    if (action === undefined) return;
    const state = stateOf(action);
    const may: Record<typeof type, readonly ActionState[]> = {
      approve: ['pending', 'approved'],
      reject: ['pending', 'approved'],
      retry: ['failed', 'skipped'],
      resolve: ['unknown'],
    };
    if (!may[type].includes(state)) return;
    const step = { at: this.#now, by: 'alice', message: '' };
    switch (type) {
      case 'approve': {
        const { plan, planDigest } = revisionOf(action);
        const approval = {
          planDigest,
          ...(this.#executor === undefined ? {} : { executor: this.#executor }),
        };
        this.#save(move(action, { ...step, to: 'approved', cause: { type: 'approved', approval } }));
        this.#consents.set(action.id, {
          plan: canonicalJson(asValue(plan)),
          executor: this.#executor?.digest,
        });
        return;
      }
      case 'reject':
        this.#save(move(action, { ...step, to: 'void', cause: { type: 'rejected' } }));
        return;
      case 'retry':
        this.#save(move(action, { ...step, to: 'pending', cause: { type: 'retried' } }));
        return;
      case 'resolve': {
        // Whoever resolves has looked, and tells the truth.
        const undoing = settledState(action, true) === 'rolledBack';
        const there = this.effects.has(keyIdentity(keyFor(action, undoing ? 'undo' : 'execute')));
        this.#save(move(action, { ...step, to: settledState(action, there), cause: { type: 'resolved' } }));
        return;
      }
    }
  }

  /** Nobody is left to say what came of a start: found out by whoever comes next. */
  #interrupt(): void {
    for (const action of this.journal.values()) {
      if (!['executing', 'rollingBack'].includes(stateOf(action))) continue;
      const cause = { type: 'interrupted' } as const;
      this.#save(move(action, { at: this.#now, to: 'unknown', by: 'routerd', message: '', cause }));
    }
  }

  #run(deed: Extract<Deed, { type: 'run' }>): void {
    const { direction, course } = deed;
    const action = this.#chosen(deed.at);
    if (action === undefined) return;
    const facts = this.#facts(action, deed);
    if (!judgeGates(action, facts).every(({ open }) => open) || !facts.executor.ok) return;
    this.#checkRight(action, deed);
    this.starts++;
    const attempt = {
      id: String(this.starts),
      direction,
      idempotencyKey: keyFor(action, direction),
      executor: facts.executor.value,
      planDigest: revisionOf(action).planDigest,
      policyDigest: facts.policy.ok ? facts.policy.value.digest : '',
    };
    const step = { at: this.#now, by: deed.asked === 'daemon' ? 'routerd' : 'alice', message: '' };
    const to = direction === 'execute' ? 'executing' : 'rollingBack';
    const begun = move(action, { ...step, to, cause: { type: 'started', attempt } });
    this.#save(begun);
    if (course === 'crashBeforeStart') return;
    const identity = keyIdentity(attempt.idempotencyKey);
    this.#ledger.set(identity, [...(this.#ledger.get(identity) ?? []), attempt.id]);
    if (withEffect.includes(course)) this.effects.set(identity, (this.effects.get(identity) ?? 0) + 1);
    if (course === 'crashWithEffect' || course === 'crashWithoutEffect') return;
    const outcome = course === 'silentWithEffect' || course === 'silentWithoutEffect' ? undefined : course;
    const result = { direction, message: outcome ?? '', error: '', observed: { course } };
    const after = stateAfter(direction, outcome);
    this.#save(move(begun, { ...step, to: after, cause: { type: 'ended', result } }));
  }

  #facts(action: Action, deed: Extract<Deed, { type: 'run' }>): GateFacts {
    const { direction, asked, startedInRun } = deed;
    const actions = [...this.journal.values()];
    const proposals = {
      parts: [...this.#parts.values()],
      mayPropose: (source: string) => !this.#mute.has(source),
      actions,
    };
    return {
      direction,
      asked,
      policy: ok(decodeActionPolicy(policyResource(this.#spec))),
      planGone: direction === 'undo' ? undefined : planGone(action, proposals),
      executor: this.#executor === undefined ? fail('there is none') : ok(this.#executor),
      ledgerStarts: this.#ledger.get(keyIdentity(keyFor(action, direction))) ?? [],
      takenBack: (countRolledBack(actions).get(effectDigest(revisionOf(action).plan)) ?? 0) > 0,
      startedInRun,
      now: this.#now,
    };
  }

  /** What has to be true of a start, told from the policy as it is written and from the model's own memory. */
  #checkRight(action: Action, { direction, asked, startedInRun }: Extract<Deed, { type: 'run' }>): void {
    const { plan } = revisionOf(action);
    const spec = this.#spec as Record<string, unknown>;
    expect(spec['enabled']).to.equal(true);
    expect(spec['dryRunOnly']).to.equal(false);
    expect(spec['allowedProviders']).to.include(plan.provider);
    expect(spec['maxActionsPerRun']).to.be.greaterThan(startedInRun);
    if (direction === 'undo') {
      expect(spec['allowUndo']).to.equal(true);
      expect(asked).to.equal('operator');
      expect(spec['allowedActions']).to.include(plan.undo?.action);
      return;
    }
    expect(spec['allowedActions']).to.include(plan.action);
    const alive = [...this.#parts.values()].some(
      ({ source, actionPlans }) =>
        !this.#mute.has(source) &&
        actionPlans.some(({ name, target, description }) => {
          const here = canonicalJson([name ?? '', target ?? {}, description ?? '']);
          return here === canonicalJson([plan.name, plan.target, plan.description]);
        }),
    );
    expect(alive, 'the plan stands in a live part').to.equal(true);
    if (asked === 'daemon') expect(spec['requireApproval']).to.equal(false);
    if (spec['requireApproval'] === false) return;
    const consent = this.#consents.get(action.id);
    expect(consent, 'somebody consented').to.deep.equal({
      plan: canonicalJson(asValue(plan)),
      executor: this.#executor?.digest,
    });
  }
}

const source = fc.constantFrom('one', 'two');
const at = fc.nat(5);

/** Plans that often share a key or an effect, and sometimes cannot be read. */
const plan: fc.Arbitrary<ValueMap> = fc
  .record({
    idempotencyKey: fc.constantFrom('', '', 'k1', 'K1 ', 'k2', 'k1:undo', ' '),
    address: fc.constantFrom('10.0.0.1', '10.0.0.2', '192.0.2.1'),
    description: fc.constantFrom('', 'words'),
    undo: fc.constantFrom(undefined, { action: 'unassign-secondary-ip' }),
    provider: fc.constantFrom('oci', 'oci', 'oci', 'nowhere'),
  })
  .map(({ address, ...changes }) => planValue({ ...changes, target: { nicRef: 'vnic-1', address } }));

const plans = fc
  .array(plan, { maxLength: 3 })
  .map(list => list.map((one, index) => ({ ...one, name: `p${index}` })));

const courses: readonly Course[] = [
  'succeeded',
  'succeeded',
  'failed',
  'skipped',
  'silentWithEffect',
  'silentWithoutEffect',
  'crashBeforeStart',
  'crashWithoutEffect',
  'crashWithEffect',
];

const run = fc.record({
  type: fc.constant('run' as const),
  at,
  direction: fc.constantFrom<Direction>('execute', 'execute', 'undo'),
  asked: fc.constantFrom<GateFacts['asked']>('operator', 'operator', 'daemon'),
  course: fc.constantFrom(...courses),
  startedInRun: fc.constantFrom(0, 0, 0, 1, 5),
});

export const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 8, arbitrary: run },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('import' as const), asked: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constantFrom(
        'approve' as const,
        'approve' as const,
        'reject' as const,
        'retry' as const,
        'resolve' as const,
      ),
      at,
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('propose' as const), source, plans }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('expire' as const), source }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('capability' as const), source, given: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('policy' as const),
      changes: fc.constantFrom<Changes>(
        {},
        {},
        { requireApproval: false },
        { requireApproval: false },
        { enabled: false },
        { dryRunOnly: true },
        { maxActionsPerRun: 1 },
        { maxActionsPerRun: 0 },
        { allowUndo: false },
        { allowedActions: ['assign-secondary-ip'] },
        { requireApproval: undefined },
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('executor' as const),
      digest: fc.constantFrom('sha256:1', 'sha256:1', 'sha256:2', undefined),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('setBack' as const), steps: fc.nat(6) }) },
);

/** What belongs together, for otherwise next to nothing would ever be started. */
const errand: fc.Arbitrary<readonly Deed[]> = fc.oneof(
  { weight: 2, arbitrary: deed.map(one => [one]) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(run, deed, fc.nat(2))
      .map(([start, between, disturbed]): readonly Deed[] => [
        { type: 'approve', at: start.at },
        ...(disturbed < 1 ? [between] : []),
        { ...start, direction: 'execute', asked: 'operator', startedInRun: 0 },
      ]),
  },
  {
    weight: 1,
    arbitrary: run.map((start): readonly Deed[] => [
      { type: 'resolve', at: start.at },
      { type: 'retry', at: start.at },
      { type: 'approve', at: start.at },
      start,
    ]),
  },
  { weight: 1, arbitrary: run.map(start => [{ ...start, direction: 'undo', asked: 'operator' } as const]) },
  {
    weight: 3,
    arbitrary: fc.constant<readonly Deed[]>([
      { type: 'executor', digest: 'sha256:1' },
      { type: 'policy', changes: {} },
      { type: 'import', asked: true },
    ]),
  },
);

/** Deeds that begin with plans to act on: what follows has something to do. */
export const deeds: fc.Arbitrary<readonly Deed[]> = fc
  .tuple(plans, fc.array(errand, { minLength: 3, maxLength: 20, size: 'max' }))
  .map(([first, more]): readonly Deed[] => [
    { type: 'propose', source: 'one', plans: [...first, planValue({ name: 'sure' })] },
    { type: 'import', asked: true },
    ...more.flat(),
  ]);
