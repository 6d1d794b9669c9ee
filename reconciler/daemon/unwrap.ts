import type { Result } from '../../protocol/result.js';
import type { PassFailure } from '../pass-options.js';

/** What a piece of work came to; throws its failure, for the daemon to log and to try again later. */
export function unwrap<T>(result: Result<T, PassFailure>): T {
  if (result.ok) return result.value;
  const { failure } = result;
  switch (failure.kind) {
    case 'state':
      throw new Error(`${failure.failure.message}; ${failure.failure.hint}`);
    case 'locked':
      throw new Error(failure.busy.message);
    case 'cannotSuppose':
      throw new Error(failure.message);
    case 'noSuchPlugin':
      throw new Error(`there is no plugin ${failure.name}`);
    case 'confirmPending':
      throw new Error(`generation ${failure.pending.generation} is not confirmed yet`);
    case 'suspended':
      throw new Error(`the plugin ${failure.name} is suspended`);
  }
}
