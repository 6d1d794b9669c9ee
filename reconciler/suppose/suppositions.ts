import type { Instant } from '../../protocol/time.js';

/** What a dry-run takes for granted although it is not so. Each is read as a fact of the pass; nothing of it is kept. */
export interface Suppositions {
  /** The pass is made at this moment, and no plugin is started: what would change by itself until then. */
  readonly at?: Instant;
  /** Plugins that are not there: neither they, nor the DynamicConfigSource that names them, nor their parts. */
  readonly without?: readonly string[];
  /** Plugins whose part has come to the end of its lease. */
  readonly expired?: readonly string[];
  /** What plugins printed: taken for the answer of a run, and the plugin is not started. */
  readonly results?: ReadonlyMap<string, SupposedOutput>;
  /** Topics of events that have been published. */
  readonly events?: readonly string[];
}

/** What stands for the stdout of a plugin. */
export interface SupposedOutput {
  /** Its name in the places of problems. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** Why something cannot be supposed. */
export interface CannotSuppose {
  readonly kind: 'cannotSuppose';
  readonly message: string;
  readonly hint: string;
}
