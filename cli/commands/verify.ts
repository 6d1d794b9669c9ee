import { oneLine, printable } from '../../protocol/text.js';
import { verifyHistory } from '../../reconciler/verify/verify-history.js';
import type { GenerationRange, RangeFailure } from '../../reconciler/verify/verify-history.js';
import { openReader } from '../../state/git/reader.js';
import { emit } from '../output/format.js';
import { verificationDocument } from '../reports/verification.js';
import { settingsOf } from '../settings.js';
import { verificationText } from '../text/verification-text.js';
import type { Command, OutputOptions } from './context.js';
import { say } from './failure.js';

export interface VerifyOptions extends OutputOptions {
  /** `A..B`, `A..`, `..B` or one number; default: the whole history. */
  readonly range?: string;
}

/** Exit codes: 0 all is as it was merged, 1 something differs, 2 could not run. */
export const verify: Command<VerifyOptions> = async (options, { io, env }) => {
  const { state } = await settingsOf(options, env);
  const range = parseRange(options.range);
  if (range === undefined) {
    io.note(
      `routerctl: ${JSON.stringify(oneLine(options.range ?? ''))} is no range of generations: write 3..7, 3.., ..7 or 3\n`,
    );
    return 2;
  }
  const reader = await openReader(state.path, state);
  if (!reader.ok) {
    say(io, reader.failure);
    return 2;
  }
  const verified = await verifyHistory(reader.value, range);
  if (!verified.ok) {
    io.note(`routerctl: ${rangeText(verified.failure, printable(state.path))}\n`);
    return 2;
  }
  const document = verificationDocument(verified.value, options.showSecrets === true);
  emit(io, options.output, { document, table: () => verificationText(document, io.colour.out) });
  return document.good ? 0 : 1;
};

function parseRange(text = '..'): GenerationRange | undefined {
  const number = '(?:gen/)?([1-9]\\d{0,14})';
  const one = new RegExp(`^${number}$`).exec(text)?.[1];
  if (one !== undefined) return { from: Number(one), to: Number(one) };
  const match = new RegExp(`^(?:${number})?\\.\\.(?:${number})?$`).exec(text);
  if (match === null) return undefined;
  const [, from, to] = match;
  if (from !== undefined && to !== undefined && Number(from) > Number(to)) return undefined;
  return {
    ...(from === undefined ? {} : { from: Number(from) }),
    ...(to === undefined ? {} : { to: Number(to) }),
  };
}

function rangeText(failure: RangeFailure, path: string): string {
  switch (failure.kind) {
    case 'empty':
      return `there is no generation on main in ${path}`;
    case 'noGeneration':
      return `there is no generation ${failure.number} in ${path}: its history goes from ${failure.first} to ${failure.last}`;
  }
}
