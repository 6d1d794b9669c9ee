import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import { printable } from '../../protocol/text.js';
import { effectiveText, generationsOf, snapshotAt } from '../../reconciler/bisect/generations.js';
import type { NumberedCommit } from '../../reconciler/bisect/generations.js';
import { checksLeft, narrowed, nextStep } from '../../reconciler/bisect/search.js';
import type { Search } from '../../reconciler/bisect/search.js';
import { openReader } from '../../state/git/reader.js';
import type { Reader } from '../../state/git/reader.js';
import { emit } from '../output/format.js';
import { bisectionDocument } from '../reports/bisection.js';
import type { BisectionCheck } from '../reports/bisection.js';
import { settingsOf } from '../settings.js';
import { bisectionText } from '../text/bisection-text.js';
import { bisectChecker } from './bisect-check.js';
import type { Command, CommandContext, OutputOptions } from './context.js';
import { say } from './failure.js';

export interface BisectOptions extends OutputOptions {
  /** Number of a generation that is known to be good, and of a later one that is bad. Neither is checked. */
  readonly good: number;
  readonly bad: number;
  /** The command that judges, and its arguments. */
  readonly command: readonly string[];
}

interface Outcome {
  /** The first bad one; undefined where only skipped ones are left. */
  readonly found: number | undefined;
  readonly candidates: readonly number[];
  readonly checks: readonly BisectionCheck[];
}

/** Exit codes: 0 found, 1 undecided because of skipped ones, 2 could not run. */
export const bisect: Command<BisectOptions> = async (options, context) => {
  const { io, env } = context;
  const { state } = await settingsOf(options, env);
  const opened = await openReader(state.path, state);
  if (!opened.ok) {
    say(io, opened.failure);
    return 2;
  }
  const reader = opened.value;
  const generations = await generationsOf(reader);
  const search = searchIn(generations, options, printable(state.path));
  const outcome = search.ok
    ? await judge({ reader, generations, search: search.value }, options, context)
    : search;
  if (!outcome.ok) {
    io.note(`routerctl: ${outcome.failure}\n`);
    return 2;
  }
  const { found, candidates, checks } = outcome.value;
  const [before, first] = [generations[(found ?? 0) - 1], generations[found ?? -1]];
  const document = bisectionDocument({
    good: options.good,
    bad: options.bad,
    checks,
    candidates: candidates.map(index => generations[index]?.number ?? 0),
    first: first?.commit,
    before: before === undefined ? undefined : await snapshotAt(reader, before.commit),
    after: first === undefined ? undefined : await snapshotAt(reader, first.commit),
    showSecrets: options.showSecrets === true,
  });
  emit(io, options.output, { document, table: () => bisectionText(document, io.colour.out) });
  return document.found ? 0 : 1;
};

/** The whole search; fails with a sentence. */
function searchIn(
  generations: readonly NumberedCommit[],
  { good, bad }: BisectOptions,
  path: string,
): Result<Search, string> {
  const indexOf = (number: number) => generations.findIndex(entry => entry.number === number);
  for (const number of [good, bad])
    if (indexOf(number) === -1)
      return fail(`there is no generation ${number} in ${path}: see routerctl generation list`);
  if (good === bad) return fail(`generation ${good} cannot be good and bad at once`);
  if (indexOf(good) > indexOf(bad))
    return fail(
      `the good generation ${good} comes after the bad one ${bad}: bisect looks for where it broke; to find where it was mended, turn --good, --bad and the exit code of the command round`,
    );
  return ok({ low: indexOf(good), high: indexOf(bad), skipped: new Set() });
}

async function judge(
  facts: {
    readonly reader: Reader;
    readonly generations: readonly NumberedCommit[];
    readonly search: Search;
  },
  { command }: BisectOptions,
  { io, env }: CommandContext,
): Promise<Result<Outcome, string>> {
  const { reader, generations } = facts;
  const checks: BisectionCheck[] = [];
  const checker = await bisectChecker(command, env);
  try {
    for (let { search } = facts; ;) {
      const step = nextStep(search);
      if (step.kind === 'found') return ok({ found: step.index, candidates: [step.index], checks });
      if (step.kind === 'undecided') return ok({ found: undefined, candidates: step.indexes, checks });
      const entry = generations[step.index];
      const text = entry === undefined ? undefined : await effectiveText(reader, entry.commit);
      if (entry === undefined || text === undefined)
        return fail(
          `the effective-config of generation ${entry?.number ?? 0} cannot be read: see routerctl verify`,
        );
      const judged = await checker.check({ generation: entry.number, text });
      if (!judged.ok) return judged;
      search = narrowed(search, step.index, judged.value);
      checks.push({ generation: entry.number, verdict: judged.value });
      const left = checksLeft(search);
      io.note(`generation ${entry.number}: ${judged.value}${left > 0 ? `; at most ${left} more` : ''}\n`);
    }
  } finally {
    checker.close();
  }
}
