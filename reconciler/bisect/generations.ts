import type { Snapshot } from '../../render/changes.js';
import type { CommitRecord } from '../../state/git/log.js';
import type { Reader } from '../../state/git/reader.js';
import { readFiles } from '../explain/versions.js';
import { generationOf } from '../generations.js';
import { readCommit, statePaths } from '../head.js';

export interface NumberedCommit {
  readonly number: number;
  readonly commit: CommitRecord;
}

/** The commits of generations, oldest first. */
export async function generationsOf(reader: Reader): Promise<NumberedCommit[]> {
  const commits = await reader.commits({ path: statePaths.effective });
  return commits.reverse().flatMap(commit => {
    const number = generationOf(commit);
    return number === undefined ? [] : [{ number, commit }];
  });
}

/** The text of a generation's effective-config; undefined where it cannot be read. */
export async function effectiveText(reader: Reader, commit: CommitRecord): Promise<string | undefined> {
  return (await readFiles(reader, [commit], statePaths.effective)).get(commit.commit);
}

/** What a generation put in force, with its account; undefined where it cannot be read. */
export async function snapshotAt(reader: Reader, commit: CommitRecord): Promise<Snapshot | undefined> {
  const files = new Map<string, Uint8Array>();
  for (const path of [statePaths.effective, statePaths.generation]) {
    const text = (await readFiles(reader, [commit], path)).get(commit.commit);
    if (text !== undefined) files.set(path, Buffer.from(text));
  }
  return readCommit({ commit: commit.commit, files })?.snapshot();
}
