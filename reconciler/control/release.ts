import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import { oneLine } from '../../protocol/text.js';
import type { OpenOptions } from '../open-state.js';
import type { StateFailure } from '../pass-options.js';
import { changeControl } from './change.js';
import type { Quarantined } from './quarantine.js';

export interface ReleaseOptions extends OpenOptions {
  /** The beginning of the digest, with or without `sha256:`; undefined for everything that is quarantined. */
  readonly digest: string | undefined;
  readonly by: string;
  readonly message: string;
}

/** Lets what was quarantined be put in force again, by the next pass that finds it in the config directory. */
export function releaseQuarantine(
  options: ReleaseOptions,
): Promise<Result<Result<readonly Quarantined[], string>, StateFailure>> {
  const { digest, by, message } = options;
  return changeControl(options, control => {
    const { quarantine } = control;
    if (quarantine.length === 0) return fail('nothing is quarantined');
    const released = digest === undefined ? quarantine : quarantine.filter(entry => names(digest, entry));
    const known = quarantine.map(entry => entry.digest).join(', ');
    if (released.length === 0)
      return fail(`${JSON.stringify(oneLine(digest ?? ''))} is not quarantined; what is: ${known}`);
    if (digest !== undefined && released.length > 1)
      return fail(`${oneLine(digest)} is the beginning of several digests: ${known}`);
    return ok({
      control: { ...control, quarantine: quarantine.filter(entry => !released.includes(entry)) },
      what: `quarantine-release ${released.map(entry => entry.digest).join(' ')}`,
      by,
      why: message,
      told: released,
    });
  });
}

/** Fewer digits are no name: somebody may have typed them by chance. */
const fewestDigits = 8;

/** Whether a person may mean a digest by what was typed. */
export function names(typed: string, { digest }: { readonly digest: string }): boolean {
  const hex = typed.toLowerCase().replace(/^sha256:/, '');
  return hex.length >= fewestDigits && digest.replace(/^sha256:/, '').startsWith(hex);
}
