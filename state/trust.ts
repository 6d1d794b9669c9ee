import { constants } from 'node:fs';

/** Who the process acts as: effective user and primary group. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** What `lstat` says about a file, folder or link; `mode` holds the file type and the sticky bit as well. */
export interface Ownership {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** The rules in order of weight: where several are broken, the first is named. */
export type TrustRule = 'owner' | 'world-writable' | 'group-writable';

/** One file or folder through which somebody else could put other content in place. */
export interface Distrust {
  readonly path: string;
  readonly rule: TrustRule;
  readonly owner: number;
  readonly group: number;
  /** Permission bits only: 0 to 0o7777. */
  readonly mode: number;
}

/** The identity of this process. Throws on a system without users and groups, where routerd cannot run. */
export function runningIdentity(): Identity {
  const [uid, gid] = [process.geteuid?.(), process.getegid?.()];
  if (uid === undefined || gid === undefined) throw new Error('routerd needs a system with users and groups');
  return { uid, gid };
}

/**
 * Judges one entry by itself: it must belong to root or the running user, and nobody else may write to it. A sticky
 * folder may be writable, as people can only replace what is their own there; that what lies in it has the right owner
 * is checked when its own turn comes. Writing by a group is accepted for a user other than root where it is that user's
 * primary group, which with umask 002 is how every fresh clone looks. The mode of a link means nothing.
 */
export function distrustOf(path: string, entry: Ownership, identity: Identity): Distrust | undefined {
  const rule = brokenRule(entry, identity);
  if (rule === undefined) return undefined;
  return { path, rule, owner: entry.uid, group: entry.gid, mode: entry.mode & 0o7777 };
}

function brokenRule(entry: Ownership, identity: Identity): TrustRule | undefined {
  if (entry.uid !== 0 && entry.uid !== identity.uid) return 'owner';
  const type = entry.mode & constants.S_IFMT;
  if (type === constants.S_IFLNK) return undefined;
  if (type === constants.S_IFDIR && (entry.mode & 0o1000) !== 0) return undefined;
  if ((entry.mode & constants.S_IWOTH) !== 0) return 'world-writable';
  if ((entry.mode & constants.S_IWGRP) === 0) return undefined;
  return identity.uid !== 0 && entry.gid === identity.gid ? undefined : 'group-writable';
}

/** `/opt/x is writable by everyone (owner uid 0, mode 0777)`. */
export function distrustText(distrust: Distrust): string {
  const { path, owner, group } = distrust;
  const facts = `owner uid ${owner}, mode ${modeText(distrust.mode)}`;
  switch (distrust.rule) {
    case 'owner':
      return `${path} belongs to a user who is neither root nor the one running this (${facts})`;
    case 'world-writable':
      return `${path} is writable by everyone (${facts})`;
    case 'group-writable':
      return `${path} is writable by group ${group} (${facts})`;
  }
}

export function distrustHint(distrust: Distrust): string {
  switch (distrust.rule) {
    case 'owner':
      return `give it to root or to the running user with chown, or move what lies there`;
    case 'world-writable':
      return `take the right to write away: chmod go-w ${distrust.path}`;
    case 'group-writable':
      return `take the right to write away: chmod g-w ${distrust.path}`;
  }
}

/** Permission bits as `chmod` takes them: `0755`, `1777`. */
export function modeText(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}
