import type { Value } from '../../protocol/resource.js';
import type { Instant } from '../../protocol/time.js';
import { printYaml } from '../../render/canonical-yaml.js';
import { fileText, readOwn, statePaths } from '../head.js';
import type { Head } from '../head.js';
import { decodeQuarantine, encodeQuarantine, quarantineAfter } from './quarantine.js';
import type { Quarantined } from './quarantine.js';
import { decodeSuspensions, encodeSuspensions, suspensionsAfter } from './suspension.js';
import type { Suspension } from './suspension.js';

/** What steers passes: people's decisions, in `control/` of the state repository, a file a kind, removed when empty. */
export interface Control {
  readonly quarantine: readonly Quarantined[];
  readonly suspended: readonly Suspension[];
}

export const controlPaths = {
  quarantine: `${statePaths.control}quarantine.yaml`,
  suspended: `${statePaths.control}suspend.yaml`,
} as const;

/** What a commit says. */
export function controlOf(head: Pick<Head, 'files'>): Control {
  const read = (path: string): Value => readOwn(path, fileText(head, path));
  return {
    quarantine: decodeQuarantine(read(controlPaths.quarantine)),
    suspended: decodeSuspensions(read(controlPaths.suspended)),
  };
}

/** The files that say otherwise than before, by their paths; null for one that goes. */
export function controlChanges(before: Control, after: Control): Map<string, string | null> {
  const was = controlFiles(before);
  return new Map([...controlFiles(after)].filter(([path, text]) => was.get(path) !== text));
}

function controlFiles({ quarantine, suspended }: Control): Map<string, string | null> {
  const file = <T>(entries: readonly T[], encode: (entries: readonly T[]) => Value) =>
    entries.length === 0 ? null : printYaml(encode(entries));
  return new Map([
    [controlPaths.quarantine, file(quarantine, encodeQuarantine)],
    [controlPaths.suspended, file(suspended, encodeSuspensions)],
  ]);
}

export interface ControlFacts {
  readonly now: Instant;
  /** The startupConfigHash of what the config directory holds; undefined where that has errors. */
  readonly input: () => string | undefined;
  /** The startupConfigHash that the pass leaves in force. */
  readonly inForce: string;
}

/** What stands after a pass: what is over is gone. Pure. */
export function nextControl(control: Control, { now, input, inForce }: ControlFacts): Control {
  return {
    quarantine:
      control.quarantine.length === 0
        ? control.quarantine
        : quarantineAfter(control.quarantine, { input: input(), inForce }),
    suspended: suspensionsAfter(control.suspended, now),
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
  ];
}
