import type { Result } from '../../protocol/result.js';
import { resume, suspend } from '../../reconciler/control/suspend.js';
import type { Suspension } from '../../reconciler/control/suspension.js';
import type { StateFailure } from '../../reconciler/pass-options.js';
import { emit } from '../output/format.js';
import { suspensionItems } from '../reports/control.js';
import { suspensionLine } from '../text/control-text.js';
import type { Command, CommandContext, OutputOptions } from './context.js';
import { decide } from './decision.js';

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
  const { io } = context;
  const { target } = options;
  const done = await decide(options, context, {
    command: `routerctl ${kind === 'Suspension' ? 'suspend' : 'resume'} ${target}`,
    perform: base => perform({ ...base, target }),
  });
  if (!done.ok) return done.failure;
  const suspension = done.value.value;
  const [item] = suspensionItems([suspension], suspension.since);
  emit(io, options.output, {
    document: { ...item, kind },
    table: () => (item === undefined ? '' : text(suspensionLine(item), suspension)),
  });
  return 0;
}
