import { oneLine } from '../protocol/text.js';

export interface ControlMessageFacts {
  /** What was done, as `Trigger:` says it: `suspend plugin/x`. */
  readonly what: string;
  readonly by: string;
  /** Why, in words; '' for nothing. */
  readonly why: string;
  /** Of the configuration that stays in force. */
  readonly startupConfigHash: string;
  readonly effectiveConfigHash: string;
}

/** The message of a commit that changes files in `control/` alone. Nothing in it can add a trailer or an escape. */
export function controlMessage(facts: ControlMessageFacts): string {
  const { what, by, why } = facts;
  return [
    // The trailer has the whole of a digest.
    oneLine(`control: ${what.replaceAll(/sha256:([0-9a-f]{12})[0-9a-f]+/g, '$1')} (${by})`),
    '',
    ...(why === '' ? [] : [`why: ${oneLine(why, 1_000)}`, '']),
    `Trigger: ${oneLine(what)}`,
    `Startup-Config-Hash: ${oneLine(facts.startupConfigHash)}`,
    `Effective-Config-Hash: ${oneLine(facts.effectiveConfigHash)}`,
    '',
  ].join('\n');
}
