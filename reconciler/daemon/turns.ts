import type { RunStatus } from '../records/run-status.js';
import type { RunOrder } from '../run-plugin.js';

/** Where more are due than may run at once, everyone gets a turn. */
export function longestWaitingFirst(orders: readonly RunOrder[], { plugins }: RunStatus): RunOrder[] {
  const lastRun = ({ name }: RunOrder) => plugins.get(name)?.startedAt ?? Number.NEGATIVE_INFINITY;
  return [...orders].sort((a, b) => (lastRun(a) < lastRun(b) ? -1 : lastRun(a) > lastRun(b) ? 1 : 0));
}
