/** Writes dist/build.json: a digest of everything that decides what the program does. Run when all else is built. */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = fileURLToPath(new URL('../..', import.meta.url));
const folders = ['protocol', 'render', 'watch', 'state', 'reconciler', 'cli'];
const files = folders.flatMap(folder =>
  readdirSync(join(top, 'dist', folder), { recursive: true, encoding: 'utf8' })
    .filter(path => /\.(js|cjs|json)$/.test(path))
    .map(path => join('dist', folder, path)),
);
const hash = createHash('sha256');
for (const path of ['package.json', ...files.sort()])
  hash
    .update(path)
    .update('\0')
    .update(readFileSync(join(top, path)));
writeFileSync(join(top, 'dist/build.json'), `${JSON.stringify({ id: hash.digest('hex') })}\n`);
