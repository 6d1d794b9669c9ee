import { oneLine } from '../protocol/text.js';

export interface InventoryMessageFacts {
  /** The pools that it is about. */
  readonly pools: readonly string[];
  /** Why, such as `inventory app-pool (oci-inventory, succeeded)`; each becomes a `Trigger:` trailer. */
  readonly causes: readonly string[];
  /** What is decided otherwise than before, a line each. */
  readonly changes: readonly string[];
  /** Of the configuration that stays in force. */
  readonly startupConfigHash: string;
  readonly effectiveConfigHash: string;
}

const listedChanges = 100;

/** The message of a commit of inventories and ownership. Nothing in it can add a trailer or an escape. */
export function inventoryMessage({
  pools,
  causes,
  changes,
  startupConfigHash,
  effectiveConfigHash,
}: InventoryMessageFacts): string {
  const shown = changes.slice(0, listedChanges).map(line => oneLine(line));
  const hidden = changes.length - shown.length;
  const body = hidden > 0 ? [...shown, `and ${hidden} more`] : shown;
  // Without any, it is what the provider shows that is different, or whose word it is.
  const count =
    changes.length === 1 ? '1 decision' : `${changes.length === 0 ? 'no' : changes.length} decisions`;
  return [
    oneLine(`inventory: ${pools.join(', ')}: ${count}`),
    '',
    ...(body.length === 0 ? [] : [...body, '']),
    ...causes.map(cause => `Trigger: ${oneLine(cause)}`),
    `Startup-Config-Hash: ${oneLine(startupConfigHash)}`,
    `Effective-Config-Hash: ${oneLine(effectiveConfigHash)}`,
    '',
  ].join('\n');
}
