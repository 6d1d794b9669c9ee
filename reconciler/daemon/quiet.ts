import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../protocol/digest.js';
import type { Instant } from '../../protocol/time.js';
import { unchangedConfig } from '../../state/config/load.js';
import { readInbox } from '../../state/inbox.js';
import type { PassMemory } from '../memory.js';
import type { PassOptions } from '../pass-options.js';
import { inboxPath, runFilePaths } from '../state-dir.js';

/** A pass that found nothing to do, and until when there is nothing either, as long as nobody changes anything. */
export interface Quiet {
  readonly state: string;
  readonly until: Instant;
}

/** What the state directory says, as a digest of the bytes that say it; undefined where they cannot be read at once. */
export function stateGist(dir: string): string | undefined {
  try {
    const head = readFileSync(join(dir, '.git', 'refs', 'heads', 'main'));
    return [head, ...runFilePaths(dir).map(bytesIn)].map(bytes => sha256(bytes)).join(' ');
  } catch {
    return undefined;
  }
}

function bytesIn(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.from('-');
  }
}

/**
 * Whether a pass would find what the quiet one has found: the same files by their stamps, the same state by its bytes, no
 * event, and no moment at which something becomes due. Costs little, and takes nothing in.
 */
export async function isQuiet(
  quiet: Quiet,
  { config, state, clock }: PassOptions,
  memory: PassMemory,
): Promise<boolean> {
  return (
    clock() < quiet.until &&
    unchangedConfig(config, memory.config) !== undefined &&
    (await readInbox(inboxPath(state.path))).length === 0 &&
    stateGist(state.path) === quiet.state
  );
}
