import type { Instant } from '../../protocol/time.js';
import type { Clock } from '../../watch/clock.js';
import { planAuto, routerd, startsWithin } from '../action/auto.js';
import { stateOf } from '../action/action.js';
import type { Action } from '../action/action.js';
import { executeAction } from '../action/execute.js';
import type { ExecuteOutcome } from '../action/execute.js';
import { isInterrupted, readJournal } from '../action/journal.js';
import type { Journal, JournalOptions } from '../action/journal.js';
import { readLedger } from '../action/ledger.js';
import { importPlans } from '../action/operate.js';
import { actionsFolder } from '../action/record.js';
import type { Looked } from '../look.js';
import type { Log } from './logger.js';
import { unwrap } from './unwrap.js';
import { createWorker } from './worker.js';

/** How long an executor that is under way may go on once the daemon is to stop. What came of it after that is unknown. */
const stopMs = 8_000;

export interface ActionsOptions extends Omit<JournalOptions, 'clock' | 'signal'> {
  readonly clock: Clock;
  readonly log: Log;
  readonly stopping: AbortSignal;
  /** Told when something was done: there is something to look at. */
  readonly onEnd: () => void;
}

/** The daemon's part in provider actions: it imports plans, and executes what the policy lets it execute by itself. */
export interface Actions {
  /**
   * Starts what there is to do, one thing at a time, and does not wait for it. Returns when time alone makes something due;
   * undefined for never, or while something is under way.
   */
  consider(looked: Looked, now: Instant): Promise<Instant | undefined>;
  /** Whether anything is under way. */
  readonly busy: boolean;
  /** Resolves when nothing is under way. */
  ended(): Promise<void>;
}

export function createActions(options: ActionsOptions): Actions {
  const { clock, log, stopping, state } = options;
  const journalOptions: JournalOptions = { ...options, clock: () => clock.now(), signal: stopping };
  const worker = createWorker({ ...options, name: 'actions' });
  let read: { readonly commit: string; readonly journal: Journal } | undefined;
  let toldProblems = '';

  /** A commit never changes: its journal is read once. */
  function journalOf({ head }: Looked['view']): Journal {
    const { commit, files } = head;
    if (commit === undefined) return new Map();
    if (read?.commit !== commit) read = { commit, journal: readJournal(files, state.path) };
    return read.journal;
  }

  async function importNow(): Promise<boolean> {
    const done = unwrap(await importPlans(journalOptions, { by: routerd, asked: false }));
    for (const action of done.steps) tellMove(action);
    const gist = JSON.stringify(done.problems);
    if (gist !== toldProblems) {
      for (const { reason, message, source } of done.problems) log('warn', message, { reason, source });
    }
    toldProblems = gist;
    return done.steps.length > 0 || done.repairs.length > 0;
  }

  async function executeNow(id: string): Promise<boolean> {
    const giveUp = new AbortController();
    const callOff = endLater(giveUp);
    try {
      const outcome = unwrap(
        await executeAction(
          {
            ...journalOptions,
            direction: 'execute',
            asked: 'daemon',
            by: routerd,
            message: '',
            startedInRun: ({ view, now }) => startsWithin(view().journal, now).length,
            giveUp: giveUp.signal,
          },
          id,
        ),
      );
      tellOutcome(id, outcome);
      return outcome.kind === 'ended';
    } finally {
      callOff();
    }
  }

  /** Lets an executor go on for a while once the daemon is to stop. */
  function endLater(giveUp: AbortController): () => void {
    let callOff = (): void => undefined;
    const begin = (): void => {
      callOff = clock.after(stopMs, () => {
        giveUp.abort();
      });
    };
    stopping.addEventListener('abort', begin);
    return () => {
      stopping.removeEventListener('abort', begin);
      callOff();
    };
  }

  function tellMove(action: Action): void {
    const last = action.transitions.at(-1);
    log('info', `action ${stateOf(action)}`, { action: action.id, by: last?.by, why: last?.message });
  }

  function tellOutcome(id: string, outcome: ExecuteOutcome): void {
    switch (outcome.kind) {
      case 'ended':
        log(stateOf(outcome.action) === 'succeeded' ? 'info' : 'warn', `action ${stateOf(outcome.action)}`, {
          action: id,
          why: outcome.action.transitions.at(-1)?.message,
        });
        return;
      case 'refused':
        log('warn', 'action refused', {
          action: id,
          gates: outcome.gates.filter(({ open }) => !open).map(({ gate, message }) => `${gate}: ${message}`),
        });
        return;
      case 'noSuchAction':
      case 'running':
        log('debug', outcome.message, { action: id });
        return;
      case 'done':
        return;
    }
  }

  return {
    async consider({ view, config, situation }, now) {
      if (worker.busy || stopping.aborted || !concernsActions(view)) return undefined;
      const journal = journalOf(view);
      const ledger = await readLedger(state.path);
      const { importing, next, wakeAt } = planAuto(
        { head: view.head, journal, config, situation, ledger },
        now,
      );
      const interrupted = await hasInterrupted(journal, state.path);
      if (!importing && !interrupted && next === undefined) return wakeAt;
      if (now < worker.restUntil) return worker.restUntil;
      worker.start(importing || interrupted || next === undefined ? importNow : () => executeNow(next));
      return undefined;
    },
    get busy() {
      return worker.busy;
    },
    ended: () => worker.ended(),
  };
}

function concernsActions({ head }: Looked['view']): boolean {
  return (
    head.parts.some(({ actionPlans }) => actionPlans.length > 0) ||
    [...head.files.keys()].some(path => path.startsWith(actionsFolder))
  );
}

async function hasInterrupted(journal: Journal, dir: string): Promise<boolean> {
  for (const action of journal.values()) if (await isInterrupted(action, dir)) return true;
  return false;
}
