import { controlOf } from '../../reconciler/control/control.js';
import { releaseQuarantine } from '../../reconciler/control/release.js';
import { emit, listDocument, table } from '../output/format.js';
import { quarantineItem } from '../reports/control.js';
import { shortDigest } from '../text/control-text.js';
import type { Command, OutputOptions } from './context.js';
import { decide } from './decision.js';
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
  const { io } = context;
  const { digest, message = '' } = options;
  const done = await decide(options, context, {
    command: 'routerctl quarantine release',
    perform: base => releaseQuarantine({ ...base, digest, message }),
  });
  if (!done.ok) return done.failure;
  const { value, told } = done.value;
  const items = value.map(quarantineItem);
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
