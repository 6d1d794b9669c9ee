import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import type { Store } from '../../state/git/store.js';
import { commitOnce, decide } from '../conclude.js';
import { generationAt, generationOf, tagOf } from '../generations.js';
import { statePaths } from '../head.js';
import { freshMemory } from '../memory.js';
import { look } from '../look.js';
import type { PassFailure, PassOptions } from '../pass-options.js';
import { planRuns } from '../plan-runs.js';
import type { PassReport } from '../report.js';
import { viewState } from '../state-dir.js';
import type { Control, ControlFacts } from './control.js';
import type { OrderSource } from './order.js';
import type { Quarantined } from './quarantine.js';

export interface RollbackOptions extends Omit<
  PassOptions,
  'operator' | 'only' | 'order' | 'permit' | 'memory'
> {
  /** The number of the generation whose startup-config is to be in force again. */
  readonly to: number;
  readonly operator: string;
  /** Why; '' for nothing. */
  readonly message: string;
}

/** Why no rollback could be tried. */
export type RollbackFailure =
  | PassFailure
  | { readonly kind: 'noSuchGeneration'; readonly generation: number; readonly newest: number }
  /** Its commit, or a file of it, cannot be read. */
  | { readonly kind: 'unreadable'; readonly generation: number; readonly detail: string };

/**
 * Puts the startup-config of an older generation in force as a new generation, under the parts that live now. What the
 * config directory holds is quarantined, and stays as it is. Runs no plugin. `dryRun` decides and writes nothing.
 */
export async function rollback(options: RollbackOptions): Promise<Result<PassReport, RollbackFailure>> {
  const { to, operator, message } = options;
  const memory = freshMemory();
  const seen = await viewState(options.state, memory.commits);
  if (!seen.ok) return fail({ kind: 'state', failure: seen.failure });
  const { store, head } = seen.value;
  const commit = store === undefined ? undefined : await commitOf(store, to);
  if (store === undefined || commit === undefined)
    return fail({ kind: 'noSuchGeneration', generation: to, newest: head.generation });
  const target = await generationAt(store, commit);
  if (!target.ok) return fail({ kind: 'unreadable', generation: to, detail: target.failure });
  const startup = target.value.startup();
  if (startup === undefined)
    return fail({ kind: 'unreadable', generation: to, detail: `${statePaths.startup} cannot be read` });
  const places = target.value.record?.places ?? [];

  const order: OrderSource = ({ view }) =>
    Promise.resolve({
      startup,
      places,
      label: `${statePaths.startup} of generation ${to}`,
      cause: { type: 'rollback', generation: to },
      author: operator,
      message,
      control: (control, facts) =>
        quarantineInput(control, facts, {
          by: operator,
          cause: `rollback ${to}`,
          message,
          accepted: view.head.record?.startupConfigHash,
        }),
    });
  const passOptions: PassOptions = { ...options, order, memory };
  const looked = await look(passOptions);
  if (!looked.ok) return looked;
  const { config, view, situation } = looked.value;
  const plan = planRuns({ ...view, situation }, options.clock());
  return options.dryRun
    ? ok(await decide({ options: passOptions, plan, attempts: [], config, view, repairs: [] }))
    : commitOnce(passOptions, plan, { attempts: [], config, readAt: view.head.commit });
}

/**
 * What the directory holds must not take the place of what is put in force now; where it has errors, what was accepted
 * last must not, which would be back as soon as they are mended. Nothing is quarantined that is in force itself.
 */
export function quarantineInput(
  control: Control,
  { input, inForce, now }: Pick<ControlFacts, 'input' | 'inForce' | 'now'>,
  who: Pick<Quarantined, 'by' | 'cause' | 'message'> & { readonly accepted: string | undefined },
): Control {
  const { accepted, ...entry } = who;
  const digest = input() ?? accepted;
  const known = control.quarantine.some(quarantined => quarantined.digest === digest);
  if (digest === undefined || digest === inForce || (known && accepted === inForce)) return control;
  const others = control.quarantine.filter(quarantined => quarantined.digest !== digest);
  return { ...control, quarantine: [...others, { ...entry, digest, since: now }] };
}

/** By its tag, or, where somebody deleted that, by the history. */
async function commitOf(store: Store, generation: number): Promise<string | undefined> {
  const tagged = (await store.tags('gen')).get(tagOf(generation));
  if (tagged !== undefined) return tagged;
  const commits = await store.commits({ path: statePaths.effective });
  return commits.find(commit => generationOf(commit) === generation)?.commit;
}
