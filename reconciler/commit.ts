import type { Problem } from '../protocol/problem.js';
import { asValue } from '../protocol/resource.js';
import type { Value } from '../protocol/resource.js';
import { fail, ok } from '../protocol/result.js';
import type { Result } from '../protocol/result.js';
import { formatTime } from '../protocol/time.js';
import type { Instant } from '../protocol/time.js';
import { createStore, openStore } from '../state/git/open.js';
import type { StoreFailure } from '../state/git/look.js';
import type { Store } from '../state/git/store.js';
import { appendLog } from '../state/log.js';
import { StorageError, namingRepair, repairHint } from '../state/storage-error.js';
import { eventValue } from '../protocol/event.js';
import { acknowledge, asItIs, movedByHand } from './acknowledge.js';
import { queueAfterPass } from './events/after-pass.js';
import { afterHolding, holdCandidates, releaseOrphans } from './control/held-refs.js';
import { keepExchanges } from './replay/keep.js';
import { surveyTags, tagOf } from './generations.js';
import { remember } from './memory.js';
import type { CommitMemory } from './memory.js';
import type { PassReport } from './report.js';
import {
  eventLog,
  lostRepository,
  readAcknowledged,
  runLog,
  viewForWriting,
  writeAcknowledged,
  writeLeases,
  writeQueue,
  writeStatus,
} from './state-dir.js';
import type { StateDir, StateView } from './state-dir.js';
import { statusAfter } from './status.js';

export interface WritableState {
  readonly store: Store;
  readonly view: StateView;
  readonly repairs: readonly Problem[];
}

/**
 * Opens, or on first use makes, the state directory under the lock, and mends what an interrupted run left behind. Fails
 * where the history was moved by hand: then not even the visible files are touched.
 */
export async function openForWriting(
  state: StateDir,
  now: Instant,
  memory?: CommitMemory,
): Promise<Result<WritableState, { readonly kind: 'state'; readonly failure: StoreFailure }>> {
  const known = await readAcknowledged(state.path);
  const options = {
    searchPath: state.searchPath,
    cache: 'write' as const,
    ...(memory === undefined ? {} : { known: memory.known }),
  };
  // A repository that is gone must not be begun anew under the numbers of the old one.
  const opened = await (known?.commit === undefined ? createStore : openStore)(state.path, options);
  if (!opened.ok)
    return fail({ kind: 'state', failure: (await lostRepository(state.path)) ?? opened.failure });
  const store = opened.value;
  const recovery = await store.recover();
  if (!recovery.ok) throw unusable(store, recovery.failure);
  const view = await viewForWriting(store, memory);
  const moved = await movedByHand(view);
  if (moved !== undefined) return fail({ kind: 'state', failure: moved });
  const repairs = recovery.value.removed.map((path): Problem => ({
    reason: 'StateRecovered',
    severity: 'note',
    message: `removed ${path}, which an interrupted run had left behind`,
  }));
  const { commit } = view.head;
  if (commit === undefined) return ok({ store, view, repairs });
  return namingRepair(state.path, async () => {
    repairs.push(...(await restore(store, commit, now)));
    await releaseOrphans(view);
    return ok({ store, view: await withTags(store, view), repairs });
  });
}

/** Makes the tags that are missing, and acknowledges a HEAD that was committed without: by a run that was killed, or long ago. */
async function withTags(store: Store, view: StateView): Promise<StateView> {
  const { head, acknowledged } = view;
  const mark = await store.tagsMark('gen');
  if (acknowledged?.commit === head.commit && acknowledged?.tags === mark) return view;
  const { missing, unused } = await surveyTags(store, head.generation, acknowledged?.unused ?? 0);
  if (missing.size > 0) await store.tag(missing);
  const now = asItIs(view, { unused, tags: missing.size > 0 ? await store.tagsMark('gen') : mark });
  await writeAcknowledged(store.path, now);
  return { ...view, acknowledged: now };
}

/** Puts the visible files back to those of HEAD. */
async function restore(store: Store, commit: string, now: Instant): Promise<Problem[]> {
  const { drifted, strays } = await store.project(commit, now);
  const drift = (message: string): Problem => ({ reason: 'StateDrift', severity: 'warning', message });
  return [
    ...drifted.map(path =>
      drift(`${path} in the state directory was not that of the last commit: it was restored`),
    ),
    ...strays.map(({ path, movedTo }) => {
      const where = movedTo === undefined ? 'it cannot be moved away' : `it was moved to ${movedTo}`;
      return drift(`${path} in the state directory is not routerd's: ${where}`);
    }),
  ];
}

function unusable(
  store: Store,
  failure: Exclude<Awaited<ReturnType<Store['recover']>>, { ok: true }>['failure'],
): StorageError {
  const facts = { path: store.path, operation: 'write to', code: 'EDAMAGED' };
  switch (failure.kind) {
    case 'busy': {
      const processes = failure.processes.map(({ pid }) => String(pid)).join(', ');
      return new StorageError({
        ...facts,
        detail: `git is still at work there (process ${processes}): try again when it has ended`,
      });
    }
    case 'elsewhere':
      return new StorageError({ ...facts, detail: `its HEAD is ${failure.head}, not main: ${failure.hint}` });
    case 'damaged':
      return new StorageError({ ...facts, detail: `${failure.message}; ${repairHint(store.path)}` });
  }
}

export interface CommitOrder {
  readonly store: Store;
  readonly view: StateView;
  readonly report: PassReport;
  /** Aborted when the lock is lost. */
  readonly lost: AbortSignal;
  readonly listeners: ReadonlyMap<string, readonly string[]>;
  /** Gets to know the commit that is made. */
  readonly memory?: CommitMemory | undefined;
}

/** Puts a decided pass on disk: commit, visible files, leases, status, log. `moved`: HEAD is no longer what was decided on. */
export async function commitSettlement(order: CommitOrder): Promise<PassReport | 'moved'> {
  const { store, view, report, lost } = order;
  const { settlement } = report;
  const plan = settlement?.commit;
  let done = report;
  // Before main speaks of them: a kill in between leaves a ref that nothing names, never a name without a ref.
  if (settlement !== undefined) await holdCandidates(order, settlement);
  if (settlement !== undefined && plan !== undefined) {
    const { current, next } = settlement.generation;
    const committed = await store.commit(
      {
        parent: view.head.commit ?? null,
        files: plan.files,
        message: plan.message,
        author: { name: plan.author, email: `${plan.author}@${store.lineage}` },
        at: report.finishedAt,
        ...(next > current ? { tags: [tagOf(next)] } : {}),
      },
      lost,
    );
    if (!committed.ok && committed.failure.kind === 'moved') return 'moved';
    if (committed.ok) {
      const { commit } = committed.value;
      done = { ...report, commit };
      const parts = Object.fromEntries(
        settlement.leases.map(({ source, generation }) => [source, generation]),
      );
      await acknowledge(view, store, { commit, generation: next, numbers: { generation: next, parts } });
      await store.project(commit, report.finishedAt, plan.files);
      if (order.memory !== undefined)
        remember(order.memory, { commit, files: plan.files }, { plan, settlement, startup: report.startup });
    }
  }
  if (settlement !== undefined && (settlement.renewed || plan !== undefined || view.leasesMoved === true)) {
    await writeLeases(store.path, settlement.leases);
  }
  if (settlement !== undefined) await afterHolding(order, settlement);
  const { queue, published, findings } = queueAfterPass(view.queue, done, order.listeners);
  if (queue !== view.queue) await writeQueue(store.path, queue);
  done = { ...done, repairs: [...done.repairs, ...findings] };
  await writeStatus(store.path, statusAfter(view.status, done));
  await appendLog(runLog(store.path), done.plugins.flatMap(runEntry));
  await appendLog(eventLog(store.path), published.map(eventValue));
  const unkept = await keepExchanges(store.path, done.plugins);
  done = { ...done, repairs: [...done.repairs, ...unkept] };
  if (done.commit !== undefined) await store.housekeep();
  return done;
}

/** One line of the run log: everything but stdout itself, which may hold anything. */
function runEntry({ name, why, outcome, problems, run, part }: PassReport['plugins'][number]): Value[] {
  if (run === undefined) return [];
  return [
    asValue({
      time: formatTime(run.startedAt),
      plugin: name,
      why,
      outcome,
      ...(part === undefined ? {} : { generation: part.generation }),
      run: run.child,
      problems,
    }),
  ];
}
