import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';

/**
 * The name of whoever typed the command: the operator behind sudo, where the passwd database knows that name, or else
 * the user of the process; a user without a name is `uid-<n>`.
 */
export function operatorName(env: NodeJS.ProcessEnv): string {
  const behindSudo = env['SUDO_USER'];
  if (behindSudo !== undefined && isAccount(behindSudo)) return behindSudo;
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.geteuid?.() ?? 'unknown'}`;
  }
}

function isAccount(name: string): boolean {
  if (!/^[A-Za-z_][A-Za-z0-9_.-]*\$?$/.test(name)) return false;
  try {
    return readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .some(line => line.startsWith(`${name}:`));
  } catch {
    return false;
  }
}
