import type { Router } from '../../protocol/resource.js';
import { createChecker } from '../../protocol/schema/checker.js';
import type { LoadedConfig } from '../../state/config/load.js';

const checker = createChecker();

/** A config directory that holds this; undefined for one that has errors. */
export function loaded(startup: Router | undefined): LoadedConfig {
  return {
    startup,
    resources: (startup?.resources ?? []).map(resource => ({
      resource,
      place: () => ({ file: 'router.yaml' }),
    })),
    plugins: [],
    checker,
    problems: [],
    files: [],
    readings: new Map(),
    texts: new Map(),
  };
}
