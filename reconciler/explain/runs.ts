import { mapOf, textOf } from '../../protocol/pick.js';
import { isMap } from '../../protocol/resource.js';
import type { Value } from '../../protocol/resource.js';
import type { RunMention } from './explanation.js';

/** What the run log holds about one part: the run that gave it, and the last one that renewed it. */
export function runsOfPart(
  log: readonly Value[],
  part: { readonly source: string; readonly generation: number },
): { readonly run: RunMention | undefined; readonly renewal: RunMention | undefined } {
  const own = log
    .filter(isMap)
    .filter(entry => `Plugin/${textOf(entry['plugin'])}` === part.source)
    .filter(entry => entry['generation'] === part.generation)
    .map(entry => {
      const { exitCode, durationMs } = mapOf(entry['run']);
      return {
        time: textOf(entry['time']),
        why: textOf(entry['why']),
        outcome: textOf(entry['outcome']),
        exitCode: typeof exitCode === 'number' ? exitCode : null,
        durationMs: typeof durationMs === 'number' ? durationMs : null,
      };
    });
  const last = (outcome: string) => own.findLast(run => run.outcome === outcome);
  return { run: last('accepted'), renewal: last('renewed') };
}
