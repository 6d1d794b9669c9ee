import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDir, fsyncDir, writeAtomic } from '../files.js';
import { storing } from '../storage-error.js';
import { branch, runFolder } from './names.js';
import { unfinishedPrefix } from './look.js';
import type { StoreSite } from './look.js';

/** A name for a line of history, which tells two repositories apart that hold the same generation numbers. */
export function newLineage(): string {
  return randomBytes(16).toString('hex');
}

/** Makes the repository at a vacant site; what an interrupted creation left behind is removed first. */
export async function createRepository(
  site: Extract<StoreSite, { kind: 'vacant' }>,
  lineage: string,
): Promise<void> {
  await ensureDir(site.path);
  for (const name of site.remains) {
    const path = join(site.path, name);
    await storing('remove', path, () => rm(path, { recursive: true, force: true }));
  }
  await putInPlace(site.path, await draftRepository(site.path, lineage));
}

/**
 * Makes an empty repository in `folder` under a name of its own, and returns its path. It is laid out by hand (gitrepository-layout(5)), which no template, default
 * branch, object format or hook of the user can reach, in a folder that gets the name `.git` last: before that moment
 * there is nothing but remains that the next creation clears away.
 */
export async function draftRepository(folder: string, lineage: string): Promise<string> {
  const draft = join(folder, `${unfinishedPrefix}${randomBytes(6).toString('hex')}`);
  for (const name of ['info', 'objects/info', 'objects/pack', 'refs/heads', 'refs/tags']) {
    await ensureDir(join(draft, name));
  }
  await writeAtomic(join(draft, 'HEAD'), `ref: ${branch}\n`);
  await writeAtomic(join(draft, 'info/exclude'), `/${runFolder}/\n`);
  await writeAtomic(join(draft, 'description'), 'State of routerd: one commit a generation\n');
  await writeAtomic(join(draft, 'config'), configText(lineage));
  return draft;
}

/** Gives a drafted repository the name `.git`. */
export async function putInPlace(path: string, draft: string): Promise<void> {
  await storing('create the repository in', path, () => rename(draft, join(path, '.git')));
  await fsyncDir(path);
}

/** Only what a person's own git has to respect; our calls pin theirs. `sharedRepository` keeps new files private. */
function configText(lineage: string): string {
  return [
    '[core]',
    '\trepositoryFormatVersion = 0',
    '\tbare = false',
    '\tfileMode = true',
    '\tlogAllRefUpdates = true',
    '\tsharedRepository = 0600',
    '\tautocrlf = false',
    '[routerd]',
    `\tlineage = ${lineage}`,
    '',
  ].join('\n');
}
