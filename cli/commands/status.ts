import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import { browseConfig } from '../../reconciler/config-cache.js';
import { movedByHand } from '../../reconciler/acknowledge.js';
import { planRuns } from '../../reconciler/plan-runs.js';
import { whatIfPromoted } from '../../reconciler/control/what-if.js';
import { findDaemon, findRunning, findWriter } from '../../reconciler/presence.js';
import { situationOf } from '../../reconciler/situation.js';
import type { StateView } from '../../reconciler/state-dir.js';
import { emit } from '../output/format.js';
import { statusDocument } from '../reports/status.js';
import type { StatusDocument, StatusFacts } from '../reports/status.js';
import { settingsOf } from '../settings.js';
import { statusText } from '../text/status-text.js';
import type { Command, CommandContext, OutputOptions } from './context.js';
import { openView } from './view.js';

export interface StatusOptions extends OutputOptions {
  /** Print it again whenever it changes. */
  readonly watch?: boolean;
}

const followMs = 1_000;

/** What is in force, what was tried last, and what happens next. Reads alone; never waits for a lock. */
export const status: Command<StatusOptions> = async (options, context) => {
  const { io, signal } = context;
  const print = (document: StatusDocument): void => {
    emit(io, options.output, { document, table: () => statusText(document) });
  };
  const first = await readStatus(options, context);
  if (!first.ok) return 1;
  print(first.value);
  let shown = gist(first.value);
  while (options.watch === true && !signal.aborted) {
    await wait(followMs, undefined, { signal }).catch(() => undefined);
    const next = await readStatus(options, context);
    if (!next.ok) return 1;
    if (gist(next.value) === shown) continue;
    shown = gist(next.value);
    if (options.output === 'table') io.out('\n');
    print(next.value);
  }
  return 0;
};

/** What makes a status worth printing again: not that a lease has a second less left. */
function gist(document: StatusDocument): string {
  return JSON.stringify(document, (key, value: unknown) =>
    key === 'leaseLeftSeconds' || key === 'leftSeconds' || key === 'lockHolder' ? undefined : value,
  );
}

/** Reads everything that a status says. */
export async function readStatus(
  options: OutputOptions,
  context: CommandContext,
): Promise<Result<StatusDocument, 'said'>> {
  const facts = await readFacts(options, context);
  return facts.ok ? ok(statusDocument(facts.value)) : facts;
}

/** The same before it is put into words. */
export async function readFacts(
  options: OutputOptions,
  context: CommandContext,
): Promise<Result<StatusFacts, 'said'>> {
  const opened = await openView(options, context);
  if (!opened.ok) return fail('said');
  const view = opened.value;
  const settings = await settingsOf(options, context.env);
  const now = context.clock();
  const config = await browseConfig(settings.config);
  const situation = await situationOf(config, view.head, { now });
  const dir = settings.state.path;
  const daemon = await findDaemon(dir);
  return ok({
    view,
    plan: planRuns({ ...view, situation }, now),
    withheld: situation.withheld,
    promotable: situation.withheld === undefined ? undefined : await whatIfPromoted(view, { config, now }),
    refusal: await refusalOf(view),
    daemon,
    // A daemon keeps the account itself; what one that was killed left is checked.
    running: daemon === undefined ? await findRunning(dir, view.status.running) : view.status.running,
    writer: await findWriter(dir),
    now,
  });
}

/** Why nothing is written on this history, and since when main is where it is. */
async function refusalOf(view: StateView): Promise<StatusFacts['refusal']> {
  const failure = await movedByHand(view);
  if (failure === undefined || view.store === undefined) return undefined;
  const ref = join(view.store.path, '.git', 'refs', 'heads', 'main');
  const since = await stat(ref).then(
    ({ mtimeMs }) => Math.floor(mtimeMs),
    () => view.status.lastAttempted?.time ?? 0,
  );
  return { failure, since };
}
