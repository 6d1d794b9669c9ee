import { searchPathOf } from '../../../state/program.js';

/**
 * The whole environment of a child: PATH and what its manifest declares. An empty PATH counts as unset, since it would
 * stand for the working directory.
 */
export function childEnvironment(
  declared: Readonly<Record<string, string>>,
  path: string | undefined,
): Record<string, string | undefined> {
  return {
    PATH: searchPathOf(path),
    // Node hands this one on to every child by itself, unless the key is there; a key without a value is left out.
    NODE_V8_COVERAGE: undefined,
    ...declared,
  };
}
