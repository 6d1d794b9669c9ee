import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { LoadedConfig } from '../state/config/load.js';

/**
 * The name of whoever typed the command: the operator behind sudo, where the passwd database knows that name, or else
 * the user of the process; a user without a name is `uid-<n>`.
 */
export function operatorName(env: NodeJS.ProcessEnv): string {
  const behindSudo = env['SUDO_USER'];
  if (behindSudo !== undefined && isName(behindSudo) && accounts().some(([name]) => name === behindSudo))
    return behindSudo;
  try {
    return userInfo().username;
  } catch {
    return uidText(process.geteuid?.());
  }
}

/** The name of the owner of the newest file that was read: who made an edit that routerd saw by itself. */
export function ownerOfNewest({ files }: LoadedConfig): string {
  const [first, ...rest] = files;
  if (first === undefined) return 'unknown';
  const { owner } = rest.reduce(
    (newest, file) => (file.modifiedMs > newest.modifiedMs ? file : newest),
    first,
  );
  return accounts().find(([, uid]) => uid === owner)?.[0] ?? uidText(owner);
}

/** Names and user ids of the passwd database, as far as it is a file. */
function accounts(): [name: string, uid: number][] {
  try {
    return readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .flatMap((line): [string, number][] => {
        const [name = '', , uid = ''] = line.split(':');
        return isName(name) && /^\d+$/.test(uid) ? [[name, Number(uid)]] : [];
      });
  } catch {
    return [];
  }
}

function isName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_.-]*\$?$/.test(text);
}

function uidText(uid: number | undefined): string {
  return `uid-${uid ?? 'unknown'}`;
}
