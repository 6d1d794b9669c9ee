import type { RunProposal } from '../settle/parts.js';

/** Somebody's word that a candidate which is held shall be put in force. */
export interface Promotion {
  /** The whole digest of the candidate. */
  readonly digest: string;
  /** Why, in words. */
  readonly why: string;
}

/** What a pass is given to promote. An edit is what the config directory holds; a result is read from its ref. */
export interface PassPromotion extends Promotion {
  readonly result?: RunProposal;
}
