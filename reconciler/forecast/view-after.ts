import type { Part } from '../../protocol/part.js';
import { queueAfterPass } from '../events/after-pass.js';
import { decodeHead } from '../head.js';
import type { Head } from '../head.js';
import type { PassReport } from '../report.js';
import type { Settlement } from '../settle/settle.js';
import type { StateView } from '../state-dir.js';
import { statusAfter } from '../status.js';

/** What the state directory would say after a pass that was not made. Pure. */
export function viewAfter(
  view: StateView,
  report: PassReport,
  listeners: ReadonlyMap<string, readonly string[]>,
): StateView {
  const { settlement } = report;
  const commit = settlement?.commit === undefined ? undefined : `predicted-${settlement.generation.next}`;
  const { queue } = queueAfterPass(view.queue, { ...report, commit }, listeners);
  return {
    ...view,
    status: statusAfter(view.status, report),
    queue,
    ...(settlement === undefined
      ? {}
      : { head: headAfter(view.head, settlement), leases: settlement.leases }),
  };
}

function headAfter(head: Head, { commit, leases, generation }: Settlement): Head {
  if (commit === undefined) {
    const parts = head.parts.map((part): Part => {
      const lease = leases.find(
        entry => entry.source === part.source && entry.generation === part.generation,
      );
      return lease === undefined
        ? part
        : { ...part, observedAt: lease.observedAt, expiresAt: lease.expiresAt };
    });
    return { ...head, parts };
  }
  const files = new Map([...commit.files].map(([path, content]) => [path, content]));
  const next = decodeHead({ commit: `predicted-${generation.next}`, files }, leases);
  if (next === undefined) throw new Error('what a pass would commit cannot be read');
  return head.given === undefined ? next : { ...next, given: head.given };
}
