import { controlOf } from '../../reconciler/control/control.js';
import { releaseQuarantine } from '../../reconciler/control/release.js';
import { operatorName } from '../operator.js';
import { emit, listDocument, table } from '../output/format.js';
import { quarantineItem } from '../reports/control.js';
import { settingsOf } from '../settings.js';
import { shortDigest } from '../text/control-text.js';
import type { Command, OutputOptions } from './context.js';
import { explainFailure } from './failure.js';
import { nudgeDaemon } from './nudge.js';
import { openView } from './view.js';

export const quarantineList: Command<OutputOptions> = async (options, context) => {
  const view = await openView(options, context);
  if (!view.ok) return 1;
  const items = controlOf(view.value.head).quarantine.map(quarantineItem);
  emit(context.io, options.output, {
    document: listDocument('Quarantine', items),
    table: () =>
      table(
        ['DIGEST', 'SINCE', 'BY', 'CAUSE', 'WHY'],
        items.map(({ digest, since, by, cause, message }) => [
          shortDigest(digest),
          since,
          by,
          cause,
          message === '' ? '-' : message,
        ]),
      ),
  });
  return 0;
};

export interface QuarantineReleaseOptions extends OutputOptions {
  /** Default: all. */
  readonly digest?: string;
  readonly message?: string;
  /** Milliseconds to wait for another writer. */
  readonly lockTimeout: number;
}

/** Exit codes: 0 released, 1 nothing such is quarantined. */
export const quarantineRelease: Command<QuarantineReleaseOptions> = async (options, context) => {
  const { io, env, clock, signal } = context;
  const settings = await settingsOf(options, env);
  const done = await releaseQuarantine({
    ...settings,
    clock,
    signal,
    lockTimeoutMs: options.lockTimeout,
    command: 'routerctl quarantine release',
    digest: options.digest,
    by: operatorName(env),
    message: options.message ?? '',
  });
  if (!done.ok) return explainFailure(done.failure, io);
  if (!done.value.ok) {
    io.note(`routerctl: ${done.value.failure}\n`);
    return 1;
  }
  const items = done.value.value.map(quarantineItem);
  const told = await nudgeDaemon(settings.state.path);
  emit(io, options.output, {
    document: { ...listDocument('Quarantine', items), kind: 'QuarantineRelease' },
    table: () => items.map(({ digest }) => `released ${shortDigest(digest)}\n`).join(''),
  });
  if (options.output === 'table')
    io.note(
      told
        ? 'routerd looks now, and puts it in force if the config directory still holds it\n'
        : 'the next pass puts it in force if the config directory still holds it: routerctl reconcile\n',
    );
  return 0;
};
