/**
 * A program that makes one pass at a fixed time, under whatever environment it is started in. Usage: pass-at CONFIG
 * STATE PATH TIME; prints the commit. PATH is where git is looked for, TIME in milliseconds since 1970.
 */
import { runPass } from '../../reconciler/pass.js';
import { must } from './store.js';

const [config = '', state = '', searchPath = '', time = ''] = process.argv.slice(2);
const report = must(
  await runPass({
    config: { path: config, stateDir: state, schemaFiles: [] },
    state: { path: state, searchPath },
    dryRun: false,
    engineVersion: '0.0.0',
    operator: 'operator',
    clock: () => Number(time),
    lockTimeoutMs: 10_000,
    command: 'pass-at',
  }),
);
process.stdout.write(`${report.commit ?? 'no commit'}\n`);
