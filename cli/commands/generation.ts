import type { Change } from '../../render/changes.js';
import { changesBetween, emptySnapshot } from '../../render/changes.js';
import { routerValue } from '../../protocol/startup.js';
import { refText } from '../../protocol/resource.js';
import { oneLine } from '../../protocol/text.js';
import { formatTime } from '../../protocol/time.js';
import { printRouter } from '../../render/router-yaml.js';
import { generationOf, tagOf, trailers } from '../../reconciler/generations.js';
import { decodeHead, statePaths } from '../../reconciler/head.js';
import type { Head } from '../../reconciler/head.js';
import type { CommitRecord } from '../../state/git/log.js';
import type { Store } from '../../state/git/store.js';
import { paintDiff } from '../output/colour.js';
import { emit, listDocument, table } from '../output/format.js';
import { routerDiff, shownRouter } from '../reports/plan.js';
import type { Command, CommandContext, OutputOptions } from './context.js';
import { openHistory } from './view.js';

interface GenerationItem {
  readonly generation: number;
  readonly commit: string;
  readonly time: string;
  readonly trigger: readonly string[];
  readonly author: string;
  readonly startupConfigHash: string;
  readonly effectiveConfigHash: string;
  readonly parts: readonly string[];
  readonly summary: string;
}

export interface GenerationListOptions extends OutputOptions {
  readonly limit?: number;
}

/** Generations, newest first, from the commit messages alone. */
export const generationList: Command<GenerationListOptions> = async (options, context) => {
  const view = await openHistory(options, context);
  if (!view.ok) return 1;
  const { limit } = options;
  const commits = await view.value.store.commits({
    path: statePaths.effective,
    ...(limit === undefined ? {} : { limit }),
  });
  const items = commits.flatMap(itemOf);
  emit(context.io, options.output, {
    document: listDocument('Generation', items),
    table: () =>
      table(
        ['GENERATION', 'COMMIT', 'TIME', 'AUTHOR', 'SUMMARY', 'TRIGGER'],
        items.map(item => [
          String(item.generation),
          item.commit.slice(0, 12),
          item.time,
          item.author,
          item.summary,
          item.trigger.join(', '),
        ]),
      ),
  });
  return 0;
};

function itemOf(commit: CommitRecord): GenerationItem[] {
  const generation = generationOf(commit);
  if (generation === undefined) return [];
  const [subject = ''] = commit.message.split('\n');
  return [
    {
      generation,
      commit: commit.commit,
      time: formatTime(commit.at),
      trigger: trailers(commit, 'Trigger'),
      author: commit.author.name,
      startupConfigHash: trailers(commit, 'Startup-Config-Hash')[0] ?? '',
      effectiveConfigHash: trailers(commit, 'Effective-Config-Hash')[0] ?? '',
      parts: trailers(commit, 'Dynamic-Part'),
      summary: subject.replace(/^generation \d+: /, ''),
    },
  ];
}

export interface GenerationShowOptions extends OutputOptions {
  readonly generation: string;
}

/** What a generation changed, and the effective-config that it put in force. */
export const generationShow: Command<GenerationShowOptions> = async (options, context) => {
  const view = await openHistory(options, context);
  if (!view.ok) return 1;
  const { store } = view.value;
  const found = await load(store, options.generation, context);
  if (found === undefined) return 1;
  // The one before it by ancestry: where the history was set back, the number before is not in it.
  const [commit, before] = await store.commits({
    from: found.commit,
    path: statePaths.effective,
    limit: 2,
  });
  const earlier = before === undefined ? undefined : await headAt(store, before.commit);
  const changes = changesBetween(earlier?.snapshot() ?? emptySnapshot, found.head.snapshot());
  const shown = shownRouter(found.head.snapshot().effective, options.showSecrets === true);
  emit(context.io, options.output, {
    document: {
      kind: 'Generation',
      ...(commit === undefined ? {} : itemOf(commit)[0]),
      changes,
      config: routerValue(shown),
    },
    table: () =>
      [`commit ${found.commit}`, '', ...changes.map(changeText), ''].join('\n') +
      `---\n${printRouter(shown)}`,
  });
  return 0;
};

export interface GenerationDiffOptions extends OutputOptions {
  readonly from: string;
  /** Default: the generation in force. */
  readonly to?: string;
}

/** Exit codes: 0 same, 1 differ, 2 trouble. */
export const generationDiff: Command<GenerationDiffOptions> = async (options, context) => {
  const { io } = context;
  const view = await openHistory(options, context);
  if (!view.ok) return 2;
  const { store, head } = view.value;
  const from = await load(store, options.from, context);
  const to = await load(store, options.to ?? String(head.generation), context);
  if (from === undefined || to === undefined) return 2;
  const label = (side: Head) => `effective-config.yaml\tgeneration ${side.generation}`;
  const changes = changesBetween(from.head.snapshot(), to.head.snapshot());
  const diff = routerDiff(
    { label: label(from.head), router: from.head.snapshot().effective },
    { label: label(to.head), router: to.head.snapshot().effective },
    options.showSecrets === true,
  );
  emit(io, options.output, {
    document: { kind: 'GenerationDiff', from: from.head.generation, to: to.head.generation, changes, diff },
    table: () => [...changes.map(changeText), ''].join('\n') + paintDiff(io.colour.out, diff),
  });
  return changes.length === 0 && diff === '' ? 0 : 1;
};

/** The commit and content of a generation; says so and gives undefined where there is none. */
async function load(
  store: Store,
  text: string,
  { io }: CommandContext,
): Promise<{ readonly commit: string; readonly head: Head } | undefined> {
  const number = /^(?:gen\/)?([1-9]\d*)$/.exec(text)?.[1];
  const commit = number === undefined ? undefined : (await store.tags('gen')).get(tagOf(Number(number)));
  const head = commit === undefined ? undefined : await headAt(store, commit);
  if (commit !== undefined && head !== undefined) return { commit, head };
  io.note(
    `routerctl: there is no generation ${JSON.stringify(oneLine(text))}: see routerctl generation list\n`,
  );
  return undefined;
}

async function headAt(store: Store, commit: string): Promise<Head | undefined> {
  return decodeHead({ commit, files: await store.readTree(commit) }, []);
}

function changeText({ action, resource, source, until }: Change): string {
  return `${action.padEnd(8)} ${refText(resource)}  ${source}${until === undefined ? '' : ` until ${until}`}`;
}
