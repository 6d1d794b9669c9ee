import type { Problem } from '../../protocol/problem.js';
import { redactForDisplay, redactValueForDisplay } from '../../protocol/redact.js';
import { isMap } from '../../protocol/resource.js';
import type { Router } from '../../protocol/resource.js';
import type { Change } from '../../render/changes.js';
import { routerText } from '../../render/router-yaml.js';
import { unifiedDiff } from '../../render/unified-diff.js';
import { succeeded } from '../../reconciler/report.js';
import type { PassReport, PluginOutcome } from '../../reconciler/report.js';
import type { Document } from '../output/format.js';
import { confirmationItem, withheldItem } from './control.js';
import type { ConfirmationItem, WithheldItem } from './control.js';
import { partSummary } from './part-summary.js';
import type { PartSummary } from './part-summary.js';

/** What a pass would do (`ReconcilePlan`) or has done (`ReconcileResult`): text, JSON and exit code come from this. */
export interface PlanDocument extends Document {
  readonly kind: 'ReconcilePlan' | 'ReconcileResult';
  /** Whether a commit would be, or was, made. */
  readonly changed: boolean;
  readonly generation: { readonly current: number; readonly next: number };
  readonly effectiveConfigHash: { readonly current: string | null; readonly next: string | null };
  readonly startupConfigHash: string | null;
  readonly changes: readonly Change[];
  /** Why what the config directory holds was not taken, though it has no errors; null where it was, or has. */
  readonly withheld: WithheldItem | null;
  /** The edit that waits to be confirmed from now on; null for none. */
  readonly confirmation: ConfirmationItem | null;
  /** What is wrong with the startup-config. */
  readonly problems: readonly Problem[];
  readonly plugins: readonly PluginEntry[];
  readonly findings: readonly Problem[];
  /** Unified diff of the effective-config; '' where it stays the same. */
  readonly diff: string;
  readonly succeeded: boolean;
  /** Of a ReconcileResult: the commit that was made, null for none. */
  readonly commit?: string | null;
}

export interface PluginEntry {
  readonly name: string;
  readonly due: boolean;
  readonly why: string;
  readonly outcome: PluginOutcome;
  readonly part?: PartSummary;
  readonly problems: readonly Problem[];
}

export interface PlanOptions {
  readonly dryRun: boolean;
  readonly showSecrets: boolean;
}

export function planDocument(report: PassReport, options: PlanOptions): PlanDocument {
  const { settlement, head, config } = report;
  const confirm = settlement?.control.confirm;
  const ofPlugins = new Set(config.plugins.flatMap(plugin => plugin.problems));
  const current = head.generation;
  return {
    kind: options.dryRun ? 'ReconcilePlan' : 'ReconcileResult',
    changed: settlement?.commit !== undefined,
    generation: settlement?.generation ?? { current, next: current },
    effectiveConfigHash: {
      current: head.record?.effectiveConfigHash ?? null,
      next: settlement?.effectiveConfigHash.next ?? head.record?.effectiveConfigHash ?? null,
    },
    startupConfigHash: settlement?.startupConfigHash ?? head.record?.startupConfigHash ?? null,
    changes: settlement?.changes ?? [],
    confirmation: confirm === undefined ? null : confirmationItem(confirm, report.finishedAt),
    withheld: report.withheld === undefined ? null : withheldItem(report.withheld),
    problems: report.refused ?? config.problems.filter(problem => !ofPlugins.has(problem)),
    plugins: report.plugins.map(({ name, due, why, outcome, part, problems }) => ({
      name,
      due,
      why,
      outcome,
      ...(part === undefined ? {} : { part: partSummary(part) }),
      problems,
    })),
    findings: [...report.repairs, ...(settlement?.findings ?? [])],
    diff: settlement === undefined ? '' : effectiveDiff(settlement, options.showSecrets),
    succeeded: succeeded(report),
    ...(options.dryRun ? {} : { commit: report.commit ?? null }),
  };
}

function effectiveDiff(settlement: NonNullable<PassReport['settlement']>, showSecrets: boolean): string {
  const { generation, before, merged } = settlement;
  if (generation.current === generation.next) return '';
  return routerDiff(
    { label: `effective-config.yaml\tgeneration ${generation.current}`, router: before().effective },
    { label: `effective-config.yaml\tgeneration ${generation.next}`, router: merged.effective },
    showSecrets,
  );
}

interface Side {
  readonly label: string;
  readonly router: Router;
}

/** A unified diff of two Router documents as routerctl may print them. A Router without a name stands for none at all. */
export function routerDiff(before: Side, after: Side, showSecrets: boolean): string {
  const side = ({ label, router }: Side) => ({
    label,
    text: router.name === '' ? { header: '', blocks: [] } : routerText(shownRouter(router, showSecrets)),
  });
  return unifiedDiff(side(before), side(after));
}

/** A Router as routerctl may print it. */
export function shownRouter(router: Router, showSecrets: boolean): Router {
  if (showSecrets) return router;
  const reconcile = router.reconcile === undefined ? undefined : redactValueForDisplay(router.reconcile);
  return {
    name: router.name,
    ...(isMap(reconcile) ? { reconcile } : {}),
    resources: router.resources.map(redactForDisplay),
  };
}

/** Exit code of `reconcile`, and of `plugin run`. */
export function planExitCode(plan: Pick<PlanDocument, 'succeeded' | 'changed'>, detailed: boolean): number {
  if (!plan.succeeded) return 1;
  return detailed && plan.changed ? 2 : 0;
}
