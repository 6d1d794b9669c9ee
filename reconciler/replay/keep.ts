import { partId } from '../../protocol/part.js';
import { sourceOf } from '../../protocol/plugin.js';
import type { Problem } from '../../protocol/problem.js';
import type { Value } from '../../protocol/resource.js';
import { addRotated, readRotated } from '../../state/rotation.js';
import { StorageError } from '../../state/storage-error.js';
import type { PluginReport } from '../report.js';
import { exchangesPath } from '../state-dir.js';
import { decodeExchange, encodeExchange } from './exchange.js';
import type { Exchange } from './exchange.js';

/** How many exchanges of a plugin are kept. */
export const keptExchanges = 32;

/** Bytes of one; with more its result is left out, and where the request alone is longer nothing is kept of it. */
const longestBytes = 1024 * 1024;

/**
 * Keeps the exchanges of the runs that were accepted or renewed a part. They serve a later replay alone, so that one
 * which cannot be kept is a finding and no failure of the pass.
 */
export async function keepExchanges(dir: string, plugins: readonly PluginReport[]): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const plugin of plugins) {
    const text = textOf(plugin);
    if (text === undefined) continue;
    try {
      await addRotated({ dir: exchangesPath(dir, plugin.name), limit: keptExchanges }, text);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      const message = `the run is not kept for a replay: ${error.message}`;
      problems.push({
        reason: 'ExchangeNotKept',
        severity: 'warning',
        message,
        source: sourceOf(plugin.name),
      });
    }
  }
  return problems;
}

/** The exchanges of a plugin that are kept, oldest first. Throws StorageError. */
export async function readExchanges(dir: string, plugin: string): Promise<Exchange[]> {
  return (await readRotated(exchangesPath(dir, plugin), 2 * longestBytes)).flatMap(
    text => decodeExchange(text) ?? [],
  );
}

function textOf({ name, why, part, run }: PluginReport): string | undefined {
  const { exchange, proposal } = run ?? {};
  if (run === undefined || part === undefined || exchange === undefined || proposal === undefined)
    return undefined;
  const { result } = exchange;
  const kept: Exchange = {
    plugin: name,
    startedAt: run.startedAt,
    why,
    part: partId(part),
    executable: exchange.executable,
    request: JSON.parse(exchange.request) as Value,
    resultDigest: proposal.digest,
  };
  const whole = result === undefined ? undefined : encodeExchange({ ...kept, result });
  if (whole !== undefined && Buffer.byteLength(whole) <= longestBytes) return whole;
  const text = encodeExchange(kept);
  return Buffer.byteLength(text) <= longestBytes ? text : undefined;
}
