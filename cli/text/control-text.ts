import { oneLine } from '../../protocol/text.js';
import type { WithheldItem } from '../reports/control.js';

/** As many hex digits of a digest as tell it apart, `sha256:` left out. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}

/** One line that says it, and one that says what to do. */
export function withheldText(withheld: WithheldItem, generation: number): string {
  const { by, since, why, digest } = withheld;
  const stays =
    generation === 0
      ? 'nothing is in force'
      : `the startup-config of generation ${generation} stays in force`;
  return (
    `${oneLine(`what the config directory holds (${shortDigest(digest)}) ${stateText(withheld)} by ${by} since ${since} (${why}): ${stays}`, 1_000)}\n` +
    `  hint: ${hintOf(withheld)}\n`
  );
}

function stateText({ kind, until }: WithheldItem): string {
  switch (kind) {
    case 'quarantined':
      return 'is quarantined';
    case 'held':
      return 'is held';
    case 'awaitsConfirmation':
      return 'waits until the change before it is confirmed,';
    case 'suspended':
      return `is suspended${until === null ? '' : ` until ${until}`}`;
  }
}

function hintOf({ kind, digest }: WithheldItem): string {
  switch (kind) {
    case 'quarantined':
      return `edit it, or routerctl quarantine release ${shortDigest(digest)}`;
    case 'held':
      return `edit it, or routerctl promote ${shortDigest(digest)} -m WHY`;
    case 'awaitsConfirmation':
      return 'routerctl confirm';
    case 'suspended':
      return 'routerctl resume all';
  }
}
