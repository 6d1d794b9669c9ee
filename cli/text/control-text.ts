import { durationText } from '../../protocol/duration.js';
import { refText } from '../../protocol/resource.js';
import { oneLine } from '../../protocol/text.js';
import { countText } from '../../render/commit-message.js';
import type {
  ConfirmationItem,
  HeldItem,
  PromotableItem,
  SuspensionItem,
  WithheldItem,
} from '../reports/control.js';
import type { StatusDocument } from '../reports/status.js';

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
  if (withheld.kind === 'unanswered')
    return (
      `${oneLine(`what the config directory holds (${shortDigest(digest)}) touches what is protected (${why}): ${stays}`, 1_000)}\n` +
      `  hint: ${hintOf(withheld)}\n`
    );
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
    case 'unanswered':
      return 'touches what is protected, edited';
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
    case 'unanswered':
      return 'to go on: routerctl reconcile --confirm 10m, which takes it back unless you confirm it, or --yes';
    case 'awaitsConfirmation':
      return 'routerctl confirm';
    case 'suspended':
      return 'routerctl resume all';
  }
}

const listedChanges = 20;

/** What steers passes, for the head of a status. */
export function controlLines(status: StatusControl): string[] {
  const { withheld, promotable, quarantined, suspended, held, confirmation } = status;
  const elsewhere = quarantined.filter(({ digest }) => digest !== withheld?.digest);
  return [
    ...(withheld === null ? [] : [inputLine(withheld)]),
    ...(promotable === null ? [] : promotableLines(promotable)),
    ...elsewhere.map(({ digest, by, since, cause, message }) =>
      oneLine(
        `quarantined: ${shortDigest(digest)} by ${by} since ${since} (${[cause, ...(message === '' ? [] : [message])].join(': ')})`,
        400,
      ),
    ),
    ...suspended.map(suspensionLine),
    ...held.map(heldLine),
    ...(confirmation === null ? [] : [confirmationLine(confirmation)]),
  ];
}

type StatusControl = Pick<
  StatusDocument,
  'withheld' | 'promotable' | 'quarantined' | 'suspended' | 'held' | 'confirmation'
>;

/** `held: Plugin/x 0123456789ab since T (git diff main held/Plugin-x): why`. */
function heldLine({ source, digest, since, ref, reasons }: HeldItem): string {
  const why = reasons.map(({ message }) => message).join('; ');
  return oneLine(`held: ${source} ${shortDigest(digest)} since ${since} (git diff main ${ref}): ${why}`, 400);
}

/** `to be confirmed: generation 8 by alice, within 9m59s, until T; else generation 7 is put in force again`. */
export function confirmationLine({
  generation,
  baseline,
  by,
  deadline,
  leftSeconds,
}: ConfirmationItem): string {
  const left = leftSeconds === 0 ? 'the time is over' : `within ${durationText(leftSeconds * 1_000)}`;
  return oneLine(
    `to be confirmed: generation ${generation} by ${by}, ${left}, until ${deadline}; else the startup-config of generation ${baseline.generation} is put in force again`,
    400,
  );
}

function inputLine(withheld: WithheldItem): string {
  const { by, since, why, digest } = withheld;
  return oneLine(
    `config directory: ${shortDigest(digest)} ${stateText(withheld)} by ${by} since ${since} (${why})`,
    400,
  );
}

function promotableLines({ generation, changes }: PromotableItem): string[] {
  const { current, next } = generation;
  if (next === current) return ['  to take it would change nothing of what is in force'];
  const hidden = changes.length - listedChanges;
  return [
    `  to take it would make generation ${next}: ${countText(changes)}`,
    ...changes
      .slice(0, listedChanges)
      .map(({ action, resource, fields }) =>
        oneLine(
          `${action.padEnd(8)} ${refText(resource)}${fields === undefined ? '' : `: ${fields.join(', ')}`}`,
          400,
        ),
      )
      .map(line => `    ${line}`),
    ...(hidden > 0 ? [`    and ${hidden} more`] : []),
  ];
}

/** `suspended: plugin/x for 1h59m still, until T, by alice: maintenance`. */
export function suspensionLine({ target, by, until, reason, leftSeconds }: SuspensionItem): string {
  const left = durationText(leftSeconds * 1_000);
  return oneLine(`suspended: ${target} for ${left} still, until ${until}, by ${by}: ${reason}`, 400);
}
