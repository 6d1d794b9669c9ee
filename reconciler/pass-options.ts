import type { Instant } from '../protocol/time.js';
import type { LoadedConfig } from '../state/config/load.js';
import type { ConfigLocation } from '../state/config/files.js';
import type { StoreFailure } from '../state/git/look.js';
import type { LockBusy } from '../state/lock.js';
import type { ConfirmOrder, PendingConfirmation } from './control/confirmation.js';
import type { OrderSource } from './control/order.js';
import type { PassPromotion } from './control/promotion.js';
import type { Suspension } from './control/suspension.js';
import type { Permit } from './control/withheld.js';
import type { PassMemory } from './memory.js';
import type { StateDir } from './state-dir.js';
import type { CannotSuppose, Suppositions } from './suppose/suppositions.js';

export interface PassOptions {
  readonly config: ConfigLocation;
  readonly state: StateDir;
  /** Runs the due plugins and decides, but writes nothing at all. */
  readonly dryRun: boolean;
  /** The one plugin that was asked for; undefined for an ordinary pass. */
  readonly only?: string;
  /** Of a dry-run alone: what it takes for granted. */
  readonly suppose?: Suppositions;
  readonly engineVersion: string;
  /** Who asked, as an author's name; for edits that nobody announced, found out from the config that was read. */
  readonly operator: string | ((config: LoadedConfig) => string);
  readonly clock: () => Instant;
  /** How long to wait for another writer. */
  readonly lockTimeoutMs: number;
  /** What the lock's holder is called in messages of others. */
  readonly command: string;
  readonly signal?: AbortSignal;
  /** Lifts what withholds the startup-config of the directory. */
  readonly permit?: Permit;
  /** Puts another startup-config in force than that of the directory. */
  readonly order?: OrderSource;
  /** Whether protected interfaces and zones may be touched: `--yes`, `--confirm`. */
  readonly answered?: boolean;
  /** Whether to ask about them, rather than to hold what touches them. */
  readonly asks?: boolean;
  /** An edit that this pass puts in force has to be confirmed. Default: what the ChangePolicy in force says. */
  readonly confirm?: ConfirmOrder;
  /** Puts a candidate in force that is held. */
  readonly promotion?: PassPromotion;
  /** Of one who makes pass after pass; without it everything is read afresh. */
  readonly memory?: PassMemory;
}

/** What a command needs that works on the state directory alone. */
export type StateOptions = Pick<PassOptions, 'state' | 'lockTimeoutMs' | 'command'>;

/** Why the state directory could not be written to. */
export type StateFailure =
  | { readonly kind: 'state'; readonly failure: StoreFailure }
  | { readonly kind: 'locked'; readonly busy: LockBusy };

/** Why a pass could not be made at all. */
export type PassFailure =
  | StateFailure
  | CannotSuppose
  | { readonly kind: 'noSuchPlugin'; readonly name: string; readonly known: readonly string[] }
  /** An edit that is to be confirmed, while another one waits for that. */
  | { readonly kind: 'confirmPending'; readonly pending: PendingConfirmation }
  /** The plugin that was asked for is suspended. */
  | { readonly kind: 'suspended'; readonly name: string; readonly suspension: Suspension };
