import { oneLine } from '../../protocol/text.js';
import { controlOf } from '../../reconciler/control/control.js';
import { promote } from '../../reconciler/control/promote.js';
import { countText } from '../../render/commit-message.js';
import { operatorName } from '../operator.js';
import { emit, listDocument, table } from '../output/format.js';
import { heldItem } from '../reports/control.js';
import { planDocument } from '../reports/plan.js';
import { settingsOf } from '../settings.js';
import { shortDigest } from '../text/control-text.js';
import type { Command, OutputOptions } from './context.js';
import { explainFailure } from './failure.js';
import { openView } from './view.js';

export const heldList: Command<OutputOptions> = async (options, context) => {
  const view = await openView(options, context);
  if (!view.ok) return 1;
  const items = controlOf(view.value.head).held.map(heldItem);
  emit(context.io, options.output, {
    document: listDocument('Held', items),
    table: () =>
      table(
        ['DIGEST', 'SOURCE', 'SINCE', 'BY', 'REF', 'WHY'],
        items.map(({ digest, source, since, by, ref, reasons }) => [
          shortDigest(digest),
          source,
          since,
          by,
          ref,
          oneLine(reasons.map(({ message }) => message).join('; '), 400),
        ]),
      ),
  });
  return 0;
};

export interface PromoteCommandOptions extends OutputOptions {
  readonly digest: string;
  readonly message: string;
  /** Milliseconds to wait for another writer. */
  readonly lockTimeout: number;
}

/** Exit codes: 0 it is in force, 1 nothing such is held, or it cannot be put in force any more. */
export const promoteHeld: Command<PromoteCommandOptions> = async (options, context) => {
  const { io, env, clock, engineVersion, signal } = context;
  if (options.message.trim() === '') {
    io.note('routerctl: -m says why; it cannot be empty\n');
    return 1;
  }
  const settings = await settingsOf(options, env);
  const done = await promote({
    ...settings,
    digest: options.digest,
    message: options.message,
    operator: operatorName(env),
    engineVersion,
    clock,
    signal,
    lockTimeoutMs: options.lockTimeout,
    command: 'routerctl promote',
  });
  if (!done.ok) {
    if (done.failure.kind !== 'refused') return explainFailure(done.failure, io);
    io.note(`routerctl: ${oneLine(done.failure.message, 1_000)}\n  hint: see routerctl held list\n`);
    return 1;
  }
  const { held, report } = done.value;
  const plan = planDocument(report, { dryRun: false, showSecrets: false });
  emit(io, options.output, {
    document: { ...plan, kind: 'PromoteResult', promoted: heldItem(held) },
    table: () =>
      `promoted ${shortDigest(held.digest)} (${held.source}): generation ${plan.generation.next}, ${countText(plan.changes)}\n`,
  });
  return 0;
};
