import { decodePart, partFileName } from '../../protocol/part.js';
import type { Part } from '../../protocol/part.js';
import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import { oneLine } from '../../protocol/text.js';
import { startupSource } from '../../render/merge.js';
import { commitOnce } from '../conclude.js';
import { readOwn, statePaths } from '../head.js';
import { freshMemory } from '../memory.js';
import { look } from '../look.js';
import type { PassFailure, PassOptions } from '../pass-options.js';
import { planRuns } from '../plan-runs.js';
import type { PassReport } from '../report.js';
import { viewState } from '../state-dir.js';
import type { StateView } from '../state-dir.js';
import { controlOf } from './control.js';
import { heldName } from './held.js';
import type { Held } from './held.js';
import { readHeldLeases } from './held-refs.js';
import type { PassPromotion } from './promotion.js';
import { names } from './release.js';

export interface PromoteOptions extends Omit<
  PassOptions,
  'dryRun' | 'operator' | 'only' | 'order' | 'permit' | 'promotion' | 'memory' | 'suppose'
> {
  /** The beginning of the digest, with or without `sha256:`; at least 8 digits. */
  readonly digest: string;
  readonly operator: string;
  /** Why. */
  readonly message: string;
}

/** Why nothing was promoted; `refused` is in words. */
export type PromoteFailure = PassFailure | { readonly kind: 'refused'; readonly message: string };

export interface Promoted {
  readonly held: Held;
  readonly report: PassReport;
}

/** Puts a candidate in force that is held. Runs no plugin. */
export async function promote(options: PromoteOptions): Promise<Result<Promoted, PromoteFailure>> {
  const memory = freshMemory();
  const seen = await viewState(options.state, memory.commits);
  if (!seen.ok) return fail({ kind: 'state', failure: seen.failure });
  const chosen = choose(controlOf(seen.value.head).held, options.digest);
  if (!chosen.ok) return fail({ kind: 'refused', message: chosen.failure });
  const held = chosen.value;
  const promotion = await promotionOf(held, seen.value, options);
  if (!promotion.ok) return fail({ kind: 'refused', message: promotion.failure });
  const passOptions: PassOptions = {
    ...options,
    dryRun: false,
    permit: { digest: held.digest },
    promotion: promotion.value,
    memory,
  };
  const looked = await look(passOptions);
  if (!looked.ok) return looked;
  const { config, view, situation } = looked.value;
  const obstacle = held.source === startupSource ? obstacleTo(held, looked.value) : undefined;
  if (obstacle !== undefined) return fail({ kind: 'refused', message: obstacle });
  const plan = planRuns({ ...view, situation }, options.clock());
  const done = await commitOnce(passOptions, plan, {
    attempts: [],
    config,
    readAt: view.head.commit,
  });
  if (!done.ok) return done;
  const refusal = refusalIn(done.value, held);
  return refusal === undefined
    ? ok({ held, report: done.value })
    : fail({ kind: 'refused', message: refusal });
}

function choose(all: readonly Held[], typed: string): Result<Held, string> {
  if (all.length === 0) return fail('nothing is held');
  const known = all.map(({ source, digest }) => `${digest} (${source})`).join(', ');
  const [found, other] = all.filter(entry => names(typed, entry));
  if (found === undefined) return fail(`${JSON.stringify(oneLine(typed))} is not held; what is: ${known}`);
  if (other !== undefined) return fail(`${oneLine(typed)} is the beginning of several digests: ${known}`);
  return ok(found);
}

/** A result is read from its ref; an edit is what the config directory holds. */
async function promotionOf(
  { source, digest }: Held,
  view: StateView,
  { message, clock }: PromoteOptions,
): Promise<Result<PassPromotion, string>> {
  const promotion = { digest, why: message };
  if (source === startupSource) return ok(promotion);
  const part = await heldPart(source, view);
  if (part?.digest !== digest)
    return fail(`the result of ${source} is no longer there: it is held anew when it comes again`);
  const leases = await readHeldLeases(view.store?.path ?? '');
  const { observedAt, expiresAt } = leases.find(lease => lease.digest === digest) ?? part;
  if (expiresAt <= clock())
    return fail(
      `the lease of the result of ${source} has ended: routerctl plugin run ${source.replace('Plugin/', '')} asks for it again`,
    );
  const { resources, directives, actionPlans, events } = part;
  const proposal = { resources, directives, actionPlans, events, digest, observedAt, expiresAt };
  return ok({ ...promotion, result: { plugin: source.replace('Plugin/', ''), cause: 'manual', proposal } });
}

async function heldPart(source: string, { store }: StateView): Promise<Part | undefined> {
  const commit = (await store?.held())?.get(heldName(source));
  if (store === undefined || commit === undefined) return undefined;
  const path = `${statePaths.parts}${partFileName(source)}`;
  const bytes = await store.readFile(commit, path);
  return bytes === undefined ? undefined : decodePart(readOwn(path, Buffer.from(bytes).toString('utf8')));
}

function obstacleTo(
  { digest }: Held,
  {
    situation,
  }: {
    readonly situation: {
      readonly input?: () => string | undefined;
      readonly withheld?: { readonly why: string };
    };
  },
): string | undefined {
  if (situation.withheld !== undefined) return `it has to wait: ${situation.withheld.why}`;
  return situation.input?.() === digest ? undefined : goneEdit;
}

const goneEdit = 'the config directory no longer holds that edit: there is nothing to promote';

function refusalIn({ settlement, withheld }: PassReport, { source, digest }: Held): string | undefined {
  if (source === startupSource) {
    if (settlement?.startupConfigHash === digest) return undefined;
    return withheld === undefined ? goneEdit : `it has to wait: ${withheld.why}`;
  }
  const taken = settlement?.outcomes.get(source.replace('Plugin/', ''));
  if (taken?.outcome === 'accepted' || taken?.outcome === 'renewed') return undefined;
  return taken?.problem?.message ?? 'nothing binds its plugin any more';
}
