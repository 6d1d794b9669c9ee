import { contains, hostOf, networkOf } from '../../protocol/address.js';
import type { Problem } from '../../protocol/problem.js';
import { oneLine } from '../../protocol/text.js';
import { claimFindings, conflictFindings } from '../../reconciler/ownership/claims.js';
import { accountOf } from '../../reconciler/ownership/explain.js';
import type { PoolView } from '../../reconciler/ownership/settle.js';
import type { Store } from '../../state/git/store.js';
import { diagnostic } from '../output/diagnostics.js';
import { emit } from '../output/format.js';
import { addressDocument, filesOf, ownershipDocument, placeOfPool, placed } from '../reports/ownership.js';
import { addressText, decisionsText } from '../text/ownership-text.js';
import type { Command, CommandContext, OutputOptions } from './context.js';
import { eventsWaiting, openPools, poolOf } from './ownership-view.js';
import type { OpenedPools } from './ownership-view.js';

export interface OwnershipOptions extends OutputOptions {
  readonly pool: string;
  readonly address?: string;
}

/** Who owns the addresses of a pool, by what was committed and the time of day; or, for one address, how that is decided. */
export const ownership: Command<OwnershipOptions> = async (options, context) => {
  const { io } = context;
  const opened = await openPools(options, context);
  if (!opened.ok) return 1;
  const view = poolOf(options.pool, opened.value, context);
  if (view === undefined) return 1;
  const waiting = eventsWaiting(opened.value);
  if (waiting > 0) {
    const what = waiting === 1 ? '1 event of another node waits' : `${waiting} events of other nodes wait`;
    io.note(
      `routerctl: ${what} to be taken in, by routerd or routerctl inventory run ${view.scope.pool.name}\n`,
    );
  }
  if (options.address !== undefined)
    return oneAddress(view, opened.value, { ...options, address: options.address, context });
  const findings = placed(view.findings, opened.value.situation);
  emit(io, options.output, {
    document: ownershipDocument(view, findings),
    table: () =>
      decisionsText(view.ownership.decisions, view.scope.self.nodeRef) +
      findingsText(findings, opened.value, io.colour.out),
  });
  return 0;
};

async function oneAddress(
  view: PoolView,
  opened: OpenedPools,
  {
    address: text,
    output,
    context,
  }: Required<Pick<OwnershipOptions, 'address'>> &
    Pick<OwnershipOptions, 'output'> & { readonly context: CommandContext },
): Promise<number> {
  const { io } = context;
  const { pool, self } = view.scope;
  const address = hostOf(text);
  const network = address === undefined ? undefined : networkOf(address);
  if (address === undefined || network === undefined || !contains(pool.network, network)) {
    const what = address === undefined ? 'is not one address' : `is not in ${pool.prefix}`;
    io.note(`routerctl: ${JSON.stringify(oneLine(text))} ${what}, the prefix of the pool ${pool.name}\n`);
    return 1;
  }
  const { inventory, facts, captures } = view;
  const { known, situation, store, now } = opened;
  const explanation = accountOf(address, { pool, self, inventory, facts, captures, parts: known.parts }, now);
  const about = (known.claims ?? []).filter(claim => claim.address === address);
  const commits = await commitsOf(store, filesOf(explanation));
  const findings = placed(
    [
      ...conflictFindings(
        view.ownership.conflicts.filter(conflict => conflict.address === address),
        pool.name,
      ),
      ...claimFindings(about, pool, () => explanation.decision),
    ],
    situation,
  );
  const document = addressDocument(view, {
    explanation,
    findings,
    place: placeOfPool(pool.name, situation),
    commitOf: path => commits.get(path),
  });
  emit(io, output, {
    document,
    table: () => addressText(document) + findingsText(findings, opened, io.colour.out),
  });
  return 0;
}

/** The commit that changed each file last, of files that HEAD holds. */
async function commitsOf(store: Store, paths: readonly string[]): Promise<Map<string, string>> {
  const commits = new Map<string, string>();
  for (const path of paths) {
    const [commit] = await store.commits({ path, limit: 1 });
    if (commit !== undefined) commits.set(path, commit.commit);
  }
  return commits;
}

function findingsText(findings: readonly Problem[], { config }: OpenedPools, colour: boolean): string {
  if (findings.length === 0) return '';
  return `\n${findings.map(finding => diagnostic(finding, { colour, texts: config.texts })).join('')}`;
}
