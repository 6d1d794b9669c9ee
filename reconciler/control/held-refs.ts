import { join } from 'node:path';
import { printYaml } from '../../render/canonical-yaml.js';
import { writeAtomic } from '../../state/files.js';
import { decodeHeldLeases, encodeHeldLeases } from '../records/held-leases.js';
import type { HeldLease } from '../records/held-leases.js';
import type { CommitOrder } from '../commit.js';
import type { GuardedSettlement } from '../settle/guarded.js';
import { readRunFile } from '../state-dir.js';
import type { StateView } from '../state-dir.js';
import { controlOf } from './control.js';
import { heldName } from './held.js';

const heldLeasesPath = (dir: string): string => join(dir, 'run', 'held-leases.yaml');

export async function readHeldLeases(dir: string): Promise<HeldLease[]> {
  return decodeHeldLeases(await readRunFile(heldLeasesPath(dir)));
}

/** Sources whose candidate is spoken of, and whose ref is gone: after a repair, or because somebody deleted it. */
export async function lostCandidates({
  store,
  head,
}: Pick<StateView, 'store' | 'head'>): Promise<ReadonlySet<string>> {
  const { held } = controlOf(head);
  if (store === undefined || held.length === 0) return new Set();
  const refs = await store.held();
  return new Set(held.map(({ source }) => source).filter(source => !refs.has(heldName(source))));
}

/** Commits what is held from this pass on, each candidate to its ref. */
export async function holdCandidates(
  { store, view, report, lost }: CommitOrder,
  { holds }: GuardedSettlement,
): Promise<void> {
  const parent = view.head.commit;
  if (parent === undefined) return;
  for (const { held, plan } of holds) {
    const author = { name: plan.author, email: `${plan.author}@${store.lineage}` };
    const { files, message } = plan;
    await store.hold(heldName(held.source), { parent, files, message, author, at: report.finishedAt }, lost);
  }
}

/** Once main speaks of what is held, what is over needs no ref; a result that came again holds for longer. */
export async function afterHolding(
  { store, view, report }: CommitOrder,
  { control }: GuardedSettlement,
): Promise<void> {
  const names = new Set(control.held.map(({ source }) => heldName(source)));
  const over = controlOf(view.head)
    .held.map(({ source }) => heldName(source))
    .filter(name => !names.has(name));
  if (over.length > 0) await store.release(over);
  const renewed = report.plugins.flatMap(({ outcome, run }): HeldLease[] =>
    outcome === 'held' && run?.proposal !== undefined ? [run.proposal] : [],
  );
  if (renewed.length === 0) return;
  const known = new Set(control.held.map(({ digest }) => digest));
  const fresh = new Set(renewed.map(({ digest }) => digest));
  const others = (await readHeldLeases(store.path)).filter(
    ({ digest }) => known.has(digest) && !fresh.has(digest),
  );
  await writeAtomic(heldLeasesPath(store.path), printYaml(encodeHeldLeases([...others, ...renewed])));
}

/** Deletes the refs that nothing speaks of, as a kill before the commit leaves them. To be called under the lock. */
export async function releaseOrphans({ store, head }: Pick<StateView, 'store' | 'head'>): Promise<void> {
  if (store === undefined) return;
  const refs = await store.looseHeld();
  if (refs.length === 0) return;
  const names = new Set(controlOf(head).held.map(({ source }) => heldName(source)));
  await store.release(refs.filter(name => !names.has(name)));
}
