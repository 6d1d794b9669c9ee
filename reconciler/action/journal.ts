import { join } from 'node:path';
import { isActionPolicy } from '../../protocol/plugin.js';
import { decodeActionPolicy } from '../../protocol/action-policy.js';
import type { ActionPolicy } from '../../protocol/action-policy.js';
import { isExpired, partId } from '../../protocol/part.js';
import type { Part } from '../../protocol/part.js';
import { isError } from '../../protocol/problem.js';
import type { Problem } from '../../protocol/problem.js';
import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import type { Instant } from '../../protocol/time.js';
import { actionMessage } from '../../render/action-message.js';
import { printYaml } from '../../render/canonical-yaml.js';
import type { LoadedConfig } from '../../state/config/load.js';
import { isLocked } from '../../state/lock-helper.js';
import { StorageError } from '../../state/storage-error.js';
import { readOwn } from '../head.js';
import { withOpenState } from '../open-state.js';
import type { OpenOptions, SideCommit } from '../open-state.js';
import type { StateFailure } from '../pass-options.js';
import type { Head } from '../head.js';
import { situationOf, unboundReason } from '../situation.js';
import type { Situation } from '../situation.js';
import { revisionOf, stateOf } from './action.js';
import type { Action } from './action.js';
import { readLedger } from './ledger.js';
import type { Ledger } from './ledger.js';
import { move } from './move.js';
import { actionPath, actionsFolder, decodeAction, encodeAction } from './record.js';

export type Journal = ReadonlyMap<string, Action>;

/** Held by the process that runs the executor of an action, for as long as it runs. */
export const actionLockPath = (dir: string, id: string): string => join(dir, 'run', 'actions', `${id}.lock`);

/** The actions of a commit by id, in the order of their ids. Throws StorageError where a file is not a journal entry. */
export function readJournal(files: Head['files'], dir: string): Journal {
  const journal = new Map<string, Action>();
  for (const path of [...files.keys()].filter(name => name.startsWith(actionsFolder)).sort()) {
    const action = decodeAction(readOwn(path, Buffer.from(files.get(path) ?? []).toString('utf8')));
    if (action === undefined || actionPath(action.id) !== path) {
      // Whoever goes on without it could run an action twice.
      throw new StorageError({
        path: join(dir, path),
        operation: 'read',
        code: 'EDAMAGED',
        detail: 'it is not a journal entry that routerd wrote',
      });
    }
    journal.set(action.id, action);
  }
  return journal;
}

/** What decisions about actions rest on, all of it read at one moment. */
export interface ActionView {
  readonly head: Head;
  readonly journal: Journal;
  readonly config: LoadedConfig;
  readonly situation: Situation;
  readonly ledger: Ledger;
}

export async function viewActions(
  dir: string,
  head: Head,
  { config, now }: { readonly config: LoadedConfig; readonly now: Instant },
): Promise<ActionView> {
  return {
    head,
    journal: readJournal(head.files, dir),
    config,
    situation: await situationOf(config, head, { now }),
    ledger: await readLedger(dir),
  };
}

/** Parts whose plans count: in force now, not set aside by the merge, and still those of a bound plugin. */
export function livePartsOf(
  { head, situation }: Pick<ActionView, 'head' | 'situation'>,
  now: Instant,
): Part[] {
  const setAside = new Set(
    (head.record?.parts ?? []).filter(({ status }) => status === 'setAside').map(partId),
  );
  return head.parts.filter(
    part =>
      !isExpired(part, now) &&
      !setAside.has(partId(part)) &&
      unboundReason(part.source, situation) === undefined,
  );
}

/**
 * The one policy of the config directory as it is now. One that does not validate denies everything; where what the
 * directory holds is withheld, the policy in force is the one that was accepted.
 */
export function policyOf({
  config: { problems, resources },
  situation,
}: Pick<ActionView, 'config' | 'situation'>): Result<ActionPolicy, string> {
  const [first, ...more] = problems.filter(isError);
  if (first !== undefined) {
    const others = more.length === 0 ? '' : ` (and ${more.length} more problems)`;
    return fail(
      `the config directory does not validate: ${first.place?.file ?? ''} ${first.message}${others}`,
    );
  }
  const read = resources.map(({ resource }) => resource);
  const counting = situation.withheld === undefined ? read : (situation.startup?.resources ?? []);
  const policies = counting.filter(isActionPolicy);
  const [only, another] = policies;
  if (only === undefined) return fail('there is no ProviderActionPolicy');
  return another === undefined
    ? ok(decodeActionPolicy(only))
    : fail('there are several ProviderActionPolicies');
}

export type JournalOptions = OpenOptions;
export type JournalFailure = StateFailure;

/** The journal under the lock. */
export interface OpenJournal {
  /** As it is after every `save`. */
  readonly view: () => ActionView;
  /** The moment of this decision. */
  readonly now: Instant;
  /** What was mended on the way. */
  readonly repairs: readonly Problem[];
  /** Commits the last transition of an action; it is on disk when this resolves. */
  readonly save: (action: Action) => Promise<void>;
}

/**
 * Reads the config directory, the journal and the ledger under the lock, and lets `work` add transitions. Before that,
 * actions that were left under way become unknown; `held` names one whose own lock the caller has taken to begin it.
 */
export async function withJournal<T>(
  options: JournalOptions,
  work: (journal: OpenJournal) => Promise<T>,
  held?: string,
): Promise<Result<T, JournalFailure>> {
  const { state, clock } = options;
  return withOpenState(options, async opened => {
    const now = clock();
    let view = await viewActions(state.path, opened.view().head, { config: opened.config, now });
    const save = async (action: Action): Promise<void> => {
      await opened.commit(commitOf(action, view.head));
      view = { ...view, head: opened.view().head, journal: new Map(view.journal).set(action.id, action) };
    };
    for (const action of await interrupted(view.journal, state.path, held)) {
      const message = 'the process that ran its executor ended before it could say what came of it';
      await save(
        move(action, { at: now, to: 'unknown', by: 'routerd', message, cause: { type: 'interrupted' } }),
      );
    }
    return work({ view: () => view, now, repairs: opened.repairs, save });
  });
}

async function interrupted(journal: Journal, dir: string, held?: string): Promise<Action[]> {
  const found: Action[] = [];
  for (const action of journal.values()) {
    const mine = action.id === held && isUnderWay(action);
    if (mine || (await isInterrupted(action, dir))) found.push(action);
  }
  return found;
}

function isUnderWay(action: Action): boolean {
  const state = stateOf(action);
  return state === 'executing' || state === 'rollingBack';
}

/** Whether the executor of an action was started by a process that is gone, for then its lock is free. */
export async function isInterrupted(action: Action, dir: string): Promise<boolean> {
  return isUnderWay(action) && !(await isLocked(actionLockPath(dir, action.id)));
}

/** The commit of an action's last transition. */
function commitOf(action: Action, { record }: Head): SideCommit {
  const transition = action.transitions.at(-1);
  if (transition === undefined) throw new Error(`action ${action.id} has no transition`);
  const { at, from, to, by, message, cause } = transition;
  const { plan, part, planDigest } = revisionOf(action);
  // Plans come from parts, and parts are committed with a record.
  if (record === undefined)
    throw new Error(`there is no generation that action ${action.id} could come from`);
  const attempt = cause.type === 'started' ? cause.attempt : undefined;
  const text = actionMessage({
    id: action.id,
    from,
    to,
    by,
    message,
    plan: plan.name,
    part,
    planDigest,
    startupConfigHash: record.startupConfigHash,
    effectiveConfigHash: record.effectiveConfigHash,
    ...(attempt === undefined
      ? {}
      : {
          policyDigest: attempt.policyDigest,
          executor: `${attempt.executor.plugin} ${attempt.executor.digest}`,
        }),
  });
  const files = new Map([[actionPath(action.id), printYaml(encodeAction(action))]]);
  return { files, message: text, author: by, at };
}
