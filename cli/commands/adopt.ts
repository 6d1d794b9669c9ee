import { adopt } from '../../reconciler/adopt.js';
import { emit } from '../output/format.js';
import type { Document } from '../output/format.js';
import { settingsOf } from '../settings.js';
import type { Command, OutputOptions } from './context.js';
import { explainFailure } from './failure.js';

export interface AdoptOptions extends OutputOptions {
  /** Milliseconds to wait for another writer. */
  readonly lockTimeout: number;
}

export interface AdoptionDocument extends Document {
  readonly kind: 'Adoption';
  readonly changed: boolean;
  readonly commit: string | null;
  readonly generation: number;
  /** Number of the next generation. */
  readonly nextGeneration: number;
  readonly before: { readonly commit: string | null; readonly generation: number } | null;
}

/** Takes HEAD as it is, after somebody moved it by hand. */
export const adoptHead: Command<AdoptOptions> = async (options, { io, env }) => {
  const { state } = await settingsOf(options, env);
  const done = await adopt({
    state,
    command: 'routerctl adopt',
    lockTimeoutMs: options.lockTimeout,
  });
  if (!done.ok) return explainFailure(done.failure, io);
  const { changed, commit, generation, next, before } = done.value;
  const document: AdoptionDocument = {
    kind: 'Adoption',
    changed,
    commit: commit ?? null,
    generation,
    nextGeneration: next,
    before: before === undefined ? null : { commit: before.commit ?? null, generation: before.generation },
  };
  emit(io, options.output, { document, table: () => adoptionText(document) });
  return 0;
};

function adoptionText({ changed, commit, generation, nextGeneration, before }: AdoptionDocument): string {
  const here = commit === null ? 'no commit at all' : `${commit.slice(0, 12)} (generation ${generation})`;
  if (!changed) return `nothing to adopt: main is at ${here}, where routerd left it\n`;
  const was =
    before?.commit === undefined || before.commit === null
      ? ''
      : ` instead of ${before.commit.slice(0, 12)} (generation ${before.generation})`;
  return `took ${here} as it is${was}; the next generation is ${nextGeneration}\n`;
}
