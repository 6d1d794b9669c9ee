import type { BusEvent } from '../../protocol/event.js';
import { eventValue } from '../../protocol/event.js';
import { ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import { oneLine } from '../../protocol/text.js';
import type { StateFailure } from '../../reconciler/pass-options.js';
import { decidedAnew, settleScans, viewOwnership } from '../../reconciler/ownership/perform.js';
import type { SettledOwnership } from '../../reconciler/ownership/perform.js';
import { decisionChangeText } from '../../reconciler/ownership/decision-changes.js';
import { scanPool, scanSuspension } from '../../reconciler/ownership/scan.js';
import { settleOwnership } from '../../reconciler/ownership/settle.js';
import type { FinishedScan } from '../../reconciler/ownership/settle.js';
import { diagnostic } from '../output/diagnostics.js';
import { emit } from '../output/format.js';
import type { Document } from '../output/format.js';
import type { Command, CommandContext, OutputOptions } from './context.js';
import { explainFailure } from './failure.js';
import { openPools, poolOf } from './ownership-view.js';
import type { OpenedPools } from './ownership-view.js';

export interface InventoryRunOptions extends OutputOptions {
  readonly pool: string;
  readonly dryRun?: boolean;
  /** Milliseconds to wait for another writer. */
  readonly lockTimeout: number;
}

/**
 * Asks the inventory plugin of a pool once and takes in what it says, with the events of other nodes that wait. Exit codes:
 * 0 it succeeded or was skipped, 1 it failed, 75 locked.
 */
export const inventoryRun: Command<InventoryRunOptions> = async (options, context) => {
  const { io } = context;
  // What a scan finds is committed, so it is made under what the files say.
  const opened = await openPools(options, context, options.dryRun === true ? 'cache' : 'files');
  if (!opened.ok) return 1;
  const view = poolOf(options.pool, opened.value, context);
  if (view === undefined) return 1;
  const { scope } = view;
  const { head, situation, settings } = opened.value;
  const suspended = scope.self.discovery.enabled
    ? scanSuspension(scope, { head, situation }, context.clock())
    : undefined;
  if (suspended !== undefined) return explainFailure({ kind: 'suspended', ...suspended }, io);
  const { clock, signal } = context;
  const { searchPath } = settings.state;
  // Who finds nothing out by itself still has the words of the others to take in.
  const scan = scope.self.discovery.enabled
    ? await scanPool(scope, { situation, clock, searchPath, signal })
    : undefined;
  const dryRun = options.dryRun === true;
  const scans = scan === undefined ? [] : [scan];
  const settled = dryRun
    ? await preview(opened.value, scans, context)
    : await settleScans(
        {
          ...settings,
          node: settings.node,
          clock,
          signal,
          lockTimeoutMs: options.lockTimeout,
          command: `routerctl inventory run ${options.pool}`,
        },
        scans,
      );
  if (!settled.ok) return explainFailure(settled.failure, io);
  const document = runDocument(settled.value, { dryRun, scan, pool: options.pool, node: scope.self.nodeRef });
  emit(io, options.output, { document, table: () => runText(document, settled.value.events) });
  if (options.output === 'table')
    io.note(document.findings.map(finding => diagnostic(finding, { colour: io.colour.note })).join(''));
  return document.outcome.status === 'failed' ? 1 : 0;
};

/** What a run would come to, with everything that waits; writes nothing. */
async function preview(
  { settings, head, situation, queue }: OpenedPools,
  scans: readonly FinishedScan[],
  { clock }: CommandContext,
): Promise<Result<SettledOwnership, StateFailure>> {
  const now = clock();
  const dir = settings.state.path;
  const facts = await viewOwnership({ dir, head, situation, queue, node: settings.node }, now);
  const settled = settleOwnership({ ...facts, scans }, now);
  return ok({
    ...settled,
    decided: decidedAnew(settled, head),
    troubles: facts.troubles,
    committed: false,
  });
}

interface RunFacts {
  readonly dryRun: boolean;
  /** Undefined where the member looks for nothing. */
  readonly scan: FinishedScan | undefined;
  readonly pool: string;
  readonly node: string;
}

function runDocument(
  { changes, decided, events, pools, committed }: SettledOwnership,
  { dryRun, scan, pool, node }: RunFacts,
) {
  const disabled = `its member ${node} has no ownershipDiscovery of mode provider-private-ip`;
  return {
    kind: 'InventoryRun',
    pool,
    node,
    plugin: scan === undefined || scan.plugin === '' ? null : scan.plugin,
    dryRun,
    outcome: {
      status: scan?.outcome.status ?? 'skipped',
      message: scan === undefined ? disabled : scan.outcome.message,
    },
    /** Whether a commit was made, or would be. */
    changed: committed || changes.length > 0,
    committed,
    changes: changes.map(({ path, causes }) => ({ path, causes })),
    decisions: decided,
    events: events.map(eventValue),
    findings: pools.flatMap(({ findings }) => findings),
  } satisfies Document;
}

function runText(document: ReturnType<typeof runDocument>, events: readonly BusEvent[]): string {
  const { pool, node, plugin, dryRun, outcome, decisions, changes, changed, committed } = document;
  const message = outcome.message === '' ? '' : `: ${oneLine(outcome.message, 1_000)}`;
  // What changed and was not committed stands in HEAD already: somebody else committed it in between.
  const would = dryRun ? 'would commit' : committed ? 'committed' : 'not committed';
  return [
    `${pool} on ${node}: ${outcome.status}${plugin === null ? '' : ` (${plugin})`}${message}`,
    ...decisions.map(change => `  ${oneLine(decisionChangeText(change), 400)}`),
    ...events.map(event => `  ${dryRun ? 'would tell' : 'told'}: ${oneLine(eventText(event), 400)}`),
    changed ? `${would}: ${changes.map(({ path }) => path).join(', ')}` : 'nothing changed',
    '',
  ].join('\n');
}

function eventText({ topic, attributes }: BusEvent): string {
  const { address, addresses } = attributes;
  if (typeof address === 'string') return `${topic} ${address}`;
  return Array.isArray(addresses) ? `${topic} of ${addresses.length}` : topic;
}
