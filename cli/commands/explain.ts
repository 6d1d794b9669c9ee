import { pathsIn } from '../../protocol/field-path.js';
import { pathText } from '../../protocol/problem.js';
import { refKey } from '../../protocol/resource.js';
import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import { didYouMean } from '../../protocol/schema/nearest.js';
import { oneLine } from '../../protocol/text.js';
import { explainStanding, standing, standingRefs } from '../../reconciler/explain/explain.js';
import type { ExplainFacts } from '../../reconciler/explain/explain.js';
import type { Explanation } from '../../reconciler/explain/explanation.js';
import { gitCommands } from '../../reconciler/explain/git-commands.js';
import { explainGone, fieldIn } from '../../reconciler/explain/gone.js';
import { fullRefText, nearestTarget, resolveTarget } from '../../reconciler/explain/target.js';
import { runLog } from '../../reconciler/state-dir.js';
import { openReader } from '../../state/git/reader.js';
import { readLog } from '../../state/log.js';
import { emit, listDocument } from '../output/format.js';
import { explanationItem } from '../reports/explanation.js';
import { explanationTable, explanationText, gitText } from '../text/explanation-text.js';
import { settingsOf } from '../settings.js';
import type { Command, CommandContext, OutputOptions } from './context.js';
import { say } from './failure.js';
import { openHistory } from './view.js';

export interface ExplainOptions extends OutputOptions {
  /** `KIND/NAME[.field]`, or `apiVersion/KIND/NAME[.field]`; default: everything that stands somewhere. */
  readonly target?: string;
  /** Print commands of plain git instead. */
  readonly git?: boolean;
}

/** Why a resource, or a field of it, is in force, or why not. Exit code 1 where there never was one of that name. */
export const explain: Command<ExplainOptions> = async (options, context) => {
  const { io, clock } = context;
  const opened = await explainFacts(options, context);
  if (!opened.ok) return 1;
  const facts = opened.value;
  const { head, reader } = facts;
  const { target } = options;
  const item = (explanation: Explanation) =>
    explanationItem(explanation, {
      now: clock(),
      git: gitCommands(explanation, head, reader.path),
      showSecrets: options.showSecrets === true,
    });
  if (target === undefined) {
    const items = (await explainStanding(facts, standingRefs(head))).map(item);
    emit(io, options.output, {
      document: listDocument('Explanation', items),
      table: () => (options.git === true ? items.map(gitText).join('') : explanationTable(items)),
    });
    return 0;
  }
  const explained = await explainTarget(facts, target);
  if (!explained.ok) {
    io.note(`routerctl: ${explained.failure}\n`);
    return 1;
  }
  const shown = item(explained.value);
  emit(io, options.output, {
    document: { kind: 'Explanation', generation: head.generation, ...shown },
    table: () => (options.git === true ? gitText(shown) : explanationText(shown, head.generation)),
  });
  return 0;
};

/** What explanations are made from; what keeps it from being read has been said when it fails. */
export async function explainFacts(
  options: OutputOptions,
  context: CommandContext,
): Promise<Result<ExplainFacts, 'said'>> {
  const view = await openHistory(options, context);
  if (!view.ok) return view;
  const { state } = await settingsOf(options, context.env);
  const reader = await openReader(state.path, state);
  if (!reader.ok) {
    say(context.io, reader.failure);
    return fail('said');
  }
  return ok({ reader: reader.value, head: view.value.head, runs: await readLog(runLog(state.path)) });
}

/** Fails with a sentence. */
async function explainTarget(facts: ExplainFacts, text: string): Promise<Result<Explanation, string>> {
  const { head, reader } = facts;
  const refs = standingRefs(head);
  const target = resolveTarget(text, refs);
  const said = JSON.stringify(oneLine(text));
  switch (target.kind) {
    case 'ambiguous': {
      const names = target.resources.map(fullRefText).join(' or ');
      return fail(`${said} may be one of ${target.resources.length}: say ${oneLine(names, 1_000)}`);
    }
    case 'unknown': {
      const gone = await explainGone(reader, text);
      if (gone !== undefined) return ok(gone);
      const near = nearestTarget(text, refs);
      const hint = near === undefined ? 'routerctl explain lists all' : `did you mean ${oneLine(near)}?`;
      return fail(`no generation holds or held ${said}: ${hint}`);
    }
    case 'found': {
      const { resource, field } = target;
      const value = standing(head, resource);
      const steps = field === '' ? undefined : fieldIn(value, field);
      if (field !== '' && steps === undefined)
        return fail(
          `${JSON.stringify(oneLine(field))} is no field: write spec.name, list[0] or map["odd key"]`,
        );
      const [found] = await explainStanding(facts, [resource], steps);
      if (found === undefined) throw new Error(`${refKey(resource)} stands nowhere`);
      if (found.field === undefined || found.field.value !== undefined || found.field.changed !== undefined)
        return ok(found);
      const path = pathText(found.field.path);
      const near = didYouMean(path, pathsIn(value ?? null));
      return fail(
        `${oneLine(fullRefText(resource))} never had a field ${oneLine(path)}${near === undefined ? '' : `: ${near}`}`,
      );
    }
  }
}
