import type { Instant } from '../../protocol/time.js';
import type { Clock } from '../../watch/clock.js';
import { confirmEdit } from '../control/confirm.js';
import type { ConfirmOptions } from '../control/confirm.js';
import { isOver } from '../control/confirmation.js';
import type { PendingConfirmation } from '../control/confirmation.js';
import { controlOf } from '../control/control.js';
import { probeEveryMs, runProbe } from '../control/probe.js';
import type { StateView } from '../state-dir.js';
import type { Log } from './logger.js';
import { unwrap } from './unwrap.js';

export interface ProberOptions extends Omit<ConfirmOptions, 'clock' | 'by' | 'message' | 'generation'> {
  readonly clock: Clock;
  readonly log: Log;
  readonly stopping: AbortSignal;
  /** Told when a probe has ended: there is something to look at. */
  readonly onEnd: () => void;
}

/** The daemon's part in confirmations: it runs the probe of the edit that waits, again and again, until it succeeds. */
export interface Prober {
  /** Starts the probe where it is its time, and does not wait for it. Returns when the next one is to start; undefined for never. */
  consider(view: StateView, now: Instant): Instant | undefined;
  readonly busy: boolean;
  ended(): Promise<void>;
}

export function createProber(options: ProberOptions): Prober {
  const { clock, log, stopping, onEnd } = options;
  let probing: Promise<void> | undefined;
  /** The edit that was probed last, and when it may be probed again. */
  let last: { readonly digest: string; readonly nextAt: Instant } | undefined;

  async function probe(pending: PendingConfirmation): Promise<void> {
    const { generation, digest } = pending;
    try {
      const { succeeded, message } = await runProbe(pending, {
        now: clock.now(),
        searchPath: options.state.searchPath,
        signal: stopping,
      });
      if (stopping.aborted) return;
      if (!succeeded) {
        log('info', 'probe failed', { generation, why: message });
        return;
      }
      const order = { by: 'routerd', message: 'the probe succeeded', generation, signal: stopping };
      const done = unwrap(await confirmEdit({ ...options, ...order, clock: () => clock.now() }));
      if (done.ok) log('info', `confirmed generation ${generation}`);
    } catch (error) {
      if (!stopping.aborted)
        log('error', error instanceof Error ? error.message : String(error), { generation });
    } finally {
      last = { digest, nextAt: clock.now() + probeEveryMs(pending) };
      probing = undefined;
      onEnd();
    }
  }

  return {
    consider({ head }, now) {
      const { confirm } = controlOf(head);
      if (confirm?.probe === undefined || isOver(confirm, now) || stopping.aborted) return undefined;
      if (probing !== undefined) return undefined;
      if (last?.digest === confirm.digest && now < last.nextAt) return last.nextAt;
      probing = probe(confirm);
      return undefined;
    },
    get busy() {
      return probing !== undefined;
    },
    async ended() {
      await probing;
    },
  };
}
