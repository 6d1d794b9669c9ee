import type { Looked } from '../look.js';
import type { PassReport } from '../report.js';
import { sameState, statusAfter } from '../status.js';

/**
 * Whether a pass without results has something to put on disk: a commit, a shorter lease, or a changed condition, and it is
 * none that plugins run which were started just now (`fresh`).
 */
export function worthWriting(
  draft: PassReport,
  { view }: Pick<Looked, 'view'>,
  fresh: ReadonlySet<string>,
): boolean {
  return (
    draft.settlement?.commit !== undefined ||
    (draft.settlement?.holds.length ?? 0) > 0 ||
    view.leasesMoved === true ||
    !sameState(view.status, statusAfter(view.status, draft), fresh)
  );
}
