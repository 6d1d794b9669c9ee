import { isLocked } from '../state/lock-helper.js';
import { readHolder } from '../state/lock-holder.js';
import type { Holder } from '../state/lock-holder.js';
import { removeDurably, writeAtomic } from '../state/files.js';
import { printYaml } from '../render/canonical-yaml.js';
import { daemonLockPath, decodePresence, encodePresence, presencePath } from './records/presence.js';
import type { Presence } from './records/presence.js';
import { lockPath, pluginLockPath, readRunFile } from './state-dir.js';

/** The daemon that runs on a state directory; undefined where none does. */
export async function findDaemon(dir: string): Promise<Presence | undefined> {
  return (await isLocked(daemonLockPath(dir)))
    ? decodePresence(await readRunFile(presencePath(dir)))
    : undefined;
}

/** Who holds the writer lock at this moment; undefined where nobody does. */
export async function findWriter(dir: string): Promise<Holder | undefined> {
  return (await isLocked(lockPath(dir))) ? readHolder(lockPath(dir)) : undefined;
}

/** Which of these plugins run at this moment. */
export async function findRunning(dir: string, plugins: readonly string[]): Promise<string[]> {
  const running: string[] = [];
  for (const name of plugins) if (await isLocked(pluginLockPath(dir, name))) running.push(name);
  return running;
}

export async function writePresence(dir: string, presence: Presence): Promise<void> {
  await writeAtomic(presencePath(dir), printYaml(encodePresence(presence)));
}

export async function removePresence(dir: string): Promise<void> {
  await removeDurably(presencePath(dir));
}
