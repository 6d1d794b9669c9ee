import type { PartContent } from '../../protocol/part.js';
import { redactForDisplay, redactValueForDisplay } from '../../protocol/redact.js';
import type { Problem } from '../../protocol/problem.js';
import { asValue, refKey, refOf } from '../../protocol/resource.js';
import type { Value } from '../../protocol/resource.js';
import { formatTime } from '../../protocol/time.js';
import { printListItem } from '../../render/canonical-yaml.js';
import type { RouterText } from '../../render/router-yaml.js';
import { unifiedDiff } from '../../render/unified-diff.js';
import { recordedContent } from '../../reconciler/replay/replay.js';
import type { Replayed } from '../../reconciler/replay/replay.js';
import type { Executable } from '../../state/executable.js';
import type { Document } from '../output/format.js';

/** What `plugin replay` prints. */
export interface ReplayDocument extends Document {
  readonly kind: 'PluginReplay';
  readonly plugin: string;
  readonly executable: { readonly path: string; readonly digest: string };
  /** In the order in which the runs were made. */
  readonly runs: readonly ReplayEntry[];
  readonly summary: Readonly<Record<Replayed['outcome'], number>>;
}

export interface ReplayEntry {
  /** When the run was made. */
  readonly time: string;
  readonly why: string;
  /** What its result became or renewed. */
  readonly part: string;
  readonly outcome: Replayed['outcome'];
  readonly digest: { readonly was: string; readonly is: string | null };
  /** Whether what was said then is kept whole. */
  readonly recorded: boolean;
  readonly exitCode: number | null;
  readonly durationMs: number;
  readonly stderr: string;
  readonly problems: readonly Problem[];
  /** Unified diff of what was proposed then and now; '' where it is the same, or was not recorded. */
  readonly diff: string;
}

export interface ReplayFacts {
  readonly plugin: string;
  readonly executable: Executable;
  readonly replayed: readonly Replayed[];
  readonly showSecrets: boolean;
}

export function replayDocument({ plugin, executable, replayed, showSecrets }: ReplayFacts): ReplayDocument {
  const { path, digest } = executable;
  const count = (outcome: Replayed['outcome']) => replayed.filter(entry => entry.outcome === outcome).length;
  return {
    kind: 'PluginReplay',
    plugin,
    executable: { path, digest },
    runs: replayed.map(entry => replayEntry(entry, showSecrets)),
    summary: {
      same: count('same'),
      different: count('different'),
      rejected: count('rejected'),
      failed: count('failed'),
      notStarted: count('notStarted'),
    },
  };
}

function replayEntry(replayed: Replayed, showSecrets: boolean): ReplayEntry {
  const { exchange, outcome, child, digest, problems } = replayed;
  return {
    time: formatTime(exchange.startedAt),
    why: exchange.why,
    part: exchange.part,
    outcome,
    digest: { was: exchange.resultDigest, is: digest ?? null },
    recorded: exchange.result !== undefined,
    exitCode: child.exitCode,
    durationMs: child.durationMs,
    stderr: child.stderr,
    problems,
    diff: diffOf(replayed, showSecrets),
  };
}

function diffOf({ exchange, outcome, content }: Replayed, showSecrets: boolean): string {
  const before = recordedContent(exchange);
  if (outcome !== 'different' || before === undefined || content === undefined) return '';
  const at = formatTime(exchange.startedAt);
  const diff = unifiedDiff(
    { label: `result\t${at}`, text: contentText(before, showSecrets) },
    { label: 'result\treplayed', text: contentText(content, showSecrets) },
  );
  return diff === '' ? `only what is a secret differs: --show-secrets prints it\n` : diff;
}

/** What is proposed, as canonical YAML in pieces that can be aligned. */
function contentText(content: PartContent, showSecrets: boolean): RouterText {
  const { resources, directives, actionPlans } = content;
  const shown = (value: Value) => (showSecrets ? value : redactValueForDisplay(value));
  const text = (value: Value) => printListItem(value, '');
  return {
    header: '',
    blocks: [
      ...resources.map(resource => ({
        key: `resource ${refKey(refOf(resource))}`,
        text: text(showSecrets ? resource : redactForDisplay(resource)),
      })),
      ...directives.map(directive => ({
        key: `mask ${refKey(directive.target)}`,
        text: text(asValue(directive)),
      })),
      ...actionPlans.map(plan => ({ key: `plan ${JSON.stringify(plan['name'])}`, text: text(shown(plan)) })),
    ],
  };
}

/** 0 the same, 1 different, 2 could not run. */
export function replayExitCode({ summary, runs }: ReplayDocument): number {
  if (summary.notStarted > 0) return 2;
  return summary.same === runs.length ? 0 : 1;
}
