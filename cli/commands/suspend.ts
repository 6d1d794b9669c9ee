import type { Result } from '../../protocol/result.js';
import { resume, suspend } from '../../reconciler/control/suspend.js';
import type { Suspension } from '../../reconciler/control/suspension.js';
import type { StateFailure } from '../../reconciler/pass-options.js';
import { operatorName } from '../operator.js';
import { emit } from '../output/format.js';
import { suspensionItems } from '../reports/control.js';
import { settingsOf } from '../settings.js';
import { suspensionLine } from '../text/control-text.js';
import type { Command, CommandContext, OutputOptions } from './context.js';
import { explainFailure } from './failure.js';
import { nudgeDaemon } from './nudge.js';

interface TargetOptions extends OutputOptions {
  /** `plugin/<name>`, or `all`. */
  readonly target: string;
  /** Milliseconds to wait for another writer. */
  readonly lockTimeout: number;
}

export interface SuspendCommandOptions extends TargetOptions {
  /** Milliseconds. */
  readonly for: number;
  readonly reason: string;
}

/** Exit codes: 0 suspended, 1 there is no such plugin, or nothing in force yet. */
export const suspendTarget: Command<SuspendCommandOptions> = (options, context) =>
  change(options, context, {
    kind: 'Suspension',
    perform: base => suspend({ ...base, forMs: options.for, reason: options.reason }),
    text: line => `${line}\n`,
  });

/** Exit codes: 0 resumed, 1 it was not suspended. */
export const resumeTarget: Command<TargetOptions & { readonly message?: string }> = (options, context) =>
  change(options, context, {
    kind: 'Resumption',
    perform: base => resume({ ...base, message: options.message ?? '' }),
    text: (_, { target }) => `resumed: ${target}\n`,
  });

type Base = Omit<Parameters<typeof resume>[0], 'message'>;

interface Change {
  readonly kind: string;
  readonly perform: (base: Base) => Promise<Result<Result<Suspension, string>, StateFailure>>;
  readonly text: (line: string, suspension: Suspension) => string;
}

async function change(
  options: TargetOptions,
  context: CommandContext,
  { kind, perform, text }: Change,
): Promise<number> {
  const { io, env, clock, signal } = context;
  const { target } = options;
  const settings = await settingsOf(options, env);
  const done = await perform({
    ...settings,
    clock,
    signal,
    lockTimeoutMs: options.lockTimeout,
    command: `routerctl ${kind === 'Suspension' ? 'suspend' : 'resume'} ${target}`,
    target,
    by: operatorName(env),
  });
  if (!done.ok) return explainFailure(done.failure, io);
  if (!done.value.ok) {
    io.note(`routerctl: ${done.value.failure}\n`);
    return 1;
  }
  const suspension = done.value.value;
  await nudgeDaemon(settings.state.path);
  const [item] = suspensionItems([suspension], suspension.since);
  emit(io, options.output, {
    document: { ...item, kind },
    table: () => (item === undefined ? '' : text(suspensionLine(item), suspension)),
  });
  return 0;
}
