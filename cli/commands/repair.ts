import { oneLine } from '../../protocol/text.js';
import { repair } from '../../reconciler/repair.js';
import type { Repair } from '../../reconciler/repair.js';
import { emit } from '../output/format.js';
import { settingsOf } from '../settings.js';
import type { Command, OutputOptions } from './context.js';
import { explainFailure } from './failure.js';

export interface RepairCommandOptions extends OutputOptions {
  readonly dryRun?: boolean;
  /** Milliseconds to wait for another writer. */
  readonly lockTimeout: number;
}

const mostLines = 20;

/** Mends a damaged state repository. Exit codes: 0 it is sound, or is now, or would be; 1 nothing of it can be read. */
export const repairState: Command<RepairCommandOptions> = async (options, { io, env, clock }) => {
  const { state } = await settingsOf(options, env);
  const dryRun = options.dryRun === true;
  const done = await repair({
    state,
    dryRun,
    clock,
    command: 'routerctl repair',
    lockTimeoutMs: options.lockTimeout,
  });
  if (!done.ok) return explainFailure(done.failure, io);
  const { damage, done: result } = done.value;
  emit(io, options.output, {
    document: {
      kind: 'Repair',
      dryRun,
      sound: result === undefined,
      damage,
      ...(result === undefined ? {} : { ...result, nextGeneration: result.lastGeneration + 1 }),
    },
    table: () => repairText(done.value, dryRun),
  });
  return 0;
};

function repairText({ damage, done }: Repair, dryRun: boolean): string {
  if (done === undefined) return 'the repository is sound: nothing to repair\n';
  const { commit, generation, lastGeneration, commits, isCut, keptAs, repairs } = done;
  const would = (words: string) => (dryRun ? `would have ${words}` : words);
  const more = damage.length - mostLines;
  return [
    ...damage.slice(0, mostLines).map(line => `damage: ${oneLine(line, 300)}`),
    ...(more > 0 ? [`damage: and ${more} more`] : []),
    `${would('gone back')} to ${commit.slice(0, 12)} (generation ${generation}); the next generation is ${lastGeneration + 1}`,
    `${would('kept')} ${commits} ${commits === 1 ? 'commit' : 'commits'}${isCut ? '; older ones cannot be read' : ''}`,
    `${would('moved')} the damaged repository to ${keptAs}`,
    ...repairs.map(({ message }) => message),
    '',
  ].join('\n');
}
