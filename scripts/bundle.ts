/**
 * Puts each program and what it loads into few files, dist/bin: node opens some 300 modules for one command otherwise, and
 * that took longer than most commands. What is loaded lazily stays apart. Run after tsc.
 */
import { chmod } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild-wasm';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const programs = ['routerctl', 'routerd'];

await build({
  absWorkingDir: at(''),
  entryPoints: programs.map(name => at(`dist/cli/${name}.js`)),
  outdir: at('dist/bin'),
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
  // Libraries that are CommonJS call it.
  banner: {
    js: "import { createRequire as createRequireHere } from 'node:module'; const require = createRequireHere(import.meta.url);",
  },
});
for (const name of programs) await chmod(at(`dist/bin/${name}.js`), 0o755);
