import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

let id: string | undefined;

/** A digest of the program itself (scripts/write-build-id.ts): what another build has kept may mean something else. */
export function buildId(): string {
  return (id ??= (load('#build.json') as { readonly id: string }).id);
}
