import type { Value } from '../../protocol/resource.js';
import type { Instant } from '../../protocol/time.js';
import { printYaml } from '../../render/canonical-yaml.js';
import { parseDocument, statePaths } from '../head.js';
import type { Head } from '../head.js';
import { decodeQuarantine, encodeQuarantine, quarantineAfter } from './quarantine.js';
import type { Quarantined } from './quarantine.js';
import { confirmationAfter, decodeConfirmation, encodeConfirmation } from './confirmation.js';
import type { PendingConfirmation } from './confirmation.js';
import { decodeHeld, encodeHeld, heldAfter } from './held.js';
import type { Held, HoldFacts } from './held.js';
import { decodeSuspensions, encodeSuspensions, suspensionsAfter } from './suspension.js';
import type { Suspension } from './suspension.js';

/** What steers passes: people's decisions, in `control/` of the state repository, a file a kind, removed when empty. */
export interface Control {
  readonly quarantine: readonly Quarantined[];
  readonly suspended: readonly Suspension[];
  readonly held: readonly Held[];
  /** The edit that waits for somebody to confirm it. */
  readonly confirm?: PendingConfirmation | undefined;
}

export const controlPaths = {
  quarantine: `${statePaths.control}quarantine.yaml`,
  suspended: `${statePaths.control}suspend.yaml`,
  held: `${statePaths.control}held.yaml`,
  confirm: `${statePaths.control}confirm.yaml`,
} as const;

/** What a commit says. */
export function controlOf(head: Pick<Head, 'files'>): Control {
  const read = (path: string): Value => {
    const bytes = head.files.get(path);
    return bytes === undefined ? null : parseDocument(path, bytes);
  };
  const confirm = decodeConfirmation(read(controlPaths.confirm));
  return {
    quarantine: decodeQuarantine(read(controlPaths.quarantine)),
    suspended: decodeSuspensions(read(controlPaths.suspended)),
    held: decodeHeld(read(controlPaths.held)),
    ...(confirm === undefined ? {} : { confirm }),
  };
}

/** The files that say otherwise than before, by their paths; null for one that goes. */
export function controlChanges(before: Control, after: Control): Map<string, string | null> {
  const was = controlFiles(before);
  return new Map([...controlFiles(after)].filter(([path, text]) => was.get(path) !== text));
}

function controlFiles({ quarantine, suspended, held, confirm }: Control): Map<string, string | null> {
  const file = <T>(entries: readonly T[], encode: (entries: readonly T[]) => Value) =>
    entries.length === 0 ? null : printYaml(encode(entries));
  return new Map([
    [controlPaths.quarantine, file(quarantine, encodeQuarantine)],
    [controlPaths.suspended, file(suspended, encodeSuspensions)],
    [controlPaths.held, file(held, encodeHeld)],
    [controlPaths.confirm, confirm === undefined ? null : printYaml(encodeConfirmation(confirm))],
  ]);
}

export interface ControlFacts extends HoldFacts {
  readonly now: Instant;
  /** What the edit of this pass begins to wait for. */
  readonly begun: PendingConfirmation | undefined;
}

/** What stands after a pass: what is over is gone. Pure. */
export function nextControl(control: Control, facts: ControlFacts): Control {
  const { now, input, inForce } = facts;
  return {
    quarantine:
      control.quarantine.length === 0
        ? control.quarantine
        : quarantineAfter(control.quarantine, { input: input(), inForce }),
    suspended: suspensionsAfter(control.suspended, now),
    held: heldAfter(control.held, facts),
    confirm: facts.begun ?? confirmationAfter(control.confirm, { inForce, now }),
  };
}

/** What a pass has changed by itself, as `Trigger:` says it. */
export function controlCauses(before: Control, after: Control): string[] {
  const digests = new Set(after.quarantine.map(({ digest }) => digest));
  const targets = new Set(after.suspended.map(({ target }) => target));
  return [
    ...before.quarantine
      .filter(({ digest }) => !digests.has(digest))
      .map(({ digest }) => `quarantine-over ${digest}`),
    ...before.suspended
      .filter(({ target }) => !targets.has(target))
      .map(({ target }) => `suspend-over ${target}`),
    ...differing(after.held, before.held).map(({ source, digest }) => `hold ${source} ${digest}`),
    ...differing(before.held, after.held).map(({ source, digest }) => `hold-over ${source} ${digest}`),
    ...confirmCauses(before.confirm, after.confirm),
  ];
}

/** Candidates that the others do not hold. */
function differing(entries: readonly Held[], others: readonly Held[]): Held[] {
  return entries.filter(
    ({ source, digest }) => !others.some(other => other.source === source && other.digest === digest),
  );
}

function confirmCauses(
  before: PendingConfirmation | undefined,
  after: PendingConfirmation | undefined,
): string[] {
  if (before === undefined) return [];
  if (after?.digest !== before.digest) return [`confirm-over ${before.generation}`];
  return after.deadline === before.deadline ? [] : [`confirm-moved ${before.generation}`];
}
