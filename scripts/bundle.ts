/**
 * Puts each program and what it loads into few files, dist/bin: node opens some 300 modules for one command otherwise, and
 * that took longer than most commands. routerd, which starts once, gets modules, of which those that it loads lazily stay
 * apart. routerctl gets one file, main.cjs, which its entry loads with what V8 has compiled of it
 * (compile-bundle.ts). Run after tsc.
 */
import { chmod } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild-wasm';
import type { BuildOptions } from 'esbuild-wasm';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const common: BuildOptions = {
  absWorkingDir: at(''),
  outdir: at('dist/bin'),
  bundle: true,
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
};
const modules: BuildOptions = { ...common, format: 'esm' };

await Promise.all([
  build({
    ...modules,
    entryPoints: [at('dist/cli/routerd.js')],
    splitting: true,
    // Libraries that are CommonJS call it.
    banner: {
      js: "import { createRequire as createRequireHere } from 'node:module'; const require = createRequireHere(import.meta.url);",
    },
  }),
  build({
    ...common,
    entryPoints: [at('dist/cli/main.js')],
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    // Less to read at every start; names stay as they are.
    minifySyntax: true,
    minifyWhitespace: true,
    supported: { 'dynamic-import': false },
    banner: { js: "'use strict'; const hereUrl = require('node:url').pathToFileURL(__filename).href;" },
    define: { 'import.meta.url': 'hereUrl' },
  }),
  build({ ...modules, entryPoints: [at('dist/cli/routerctl.js')], external: ['./main.js'] }),
  build({ ...modules, entryPoints: { main: at('dist/cli/bundled-main.js') } }),
]);
for (const name of ['routerctl', 'routerd']) await chmod(at(`dist/bin/${name}.js`), 0o755);
