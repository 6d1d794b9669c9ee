/**
 * Leaves what V8 compiles of routerctl beside its bundle: runs some commands on an example first, so that it is what commands
 * use. What they print and whether they succeed is no matter. Run when all else is built.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadBundle } from '../cli/load-bundle.js';
import type * as Main from '../cli/main.js';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const bundle = loadBundle(at('dist/bin/main.cjs'));
const { main } = bundle.exports as typeof Main;
const scratch = mkdtempSync(join(tmpdir(), 'routerd-build-'));
const where = ['--config', at('examples/minimal'), '--state', join(scratch, 'state')];
process.stdout.write = process.stderr.write = () => true;
for (const command of [['reconcile'], ['reconcile', '--dry-run'], ['status']])
  await main(['node', 'routerctl', ...command, ...where]);
const cache = at('dist/bin/main.cjs.cache');
writeFileSync(cache, bundle.compiled());
chmodSync(cache, 0o644); // whatever the umask is that main has set
rmSync(scratch, { recursive: true, force: true });
process.exitCode = 0;
