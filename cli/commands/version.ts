import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { emit } from '../output/format.js';
import type { Format } from '../output/format.js';
import type { Command } from './context.js';

export const version: Command<{ readonly output: Format }> = async ({ output }, { io, engineVersion }) => {
  const git = await promisify(execFile)('git', ['--version']).then(
    ({ stdout }) => stdout.trim().replace(/^git version /, ''),
    () => null,
  );
  emit(io, output, {
    document: { kind: 'Version', routerctl: engineVersion, node: process.versions.node, git },
    table: () => `routerctl ${engineVersion}\nnode ${process.versions.node}\ngit ${git ?? 'not found'}\n`,
  });
  return 0;
};
