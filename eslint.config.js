// Lint rules: strict type-checked TypeScript, and the direction of imports between the top-level folders.
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Folders from right to left of the data path: each may import what stands before it, with these exceptions. */
const mayImport = {
  protocol: [],
  render: ['protocol'],
  watch: ['protocol'],
  state: ['protocol'],
  reconciler: ['protocol', 'render', 'watch', 'state'],
  cli: ['protocol', 'render', 'watch', 'state', 'reconciler'],
};

/** Libraries that one folder owns; everyone else goes through that folder. */
const ownedLibraries = {
  ajv: 'protocol',
  'ajv/*': 'protocol',
  'ajv-formats': 'protocol',
  canonicalize: 'protocol',
  'fastest-levenshtein': 'protocol',
  yaml: 'protocol',
  chokidar: 'watch',
  diff: 'render',
  'simple-git': 'state',
  commander: 'cli',
  'prom-client': 'cli',
};

/** Process, file and network modules: effects belong at the rim, so the pure folders import none of them. */
const effects = ['node:fs', 'node:fs/promises', 'node:child_process', 'node:os', 'node:process'];

const directionRules = Object.entries(mayImport).map(([folder, allowed]) => {
  const forbidden = Object.keys(mayImport).filter(other => other !== folder && !allowed.includes(other));
  const patterns = forbidden.map(other => ({
    group: [`**/${other}/*.js`, `**/${other}/**/*.js`],
    message: `${folder}/ does not import ${other}/: move the shared part towards protocol/, or pass it in from cli/ or reconciler/.`,
  }));
  patterns.push({ group: ['**/test/**'], message: 'Tests import the code, never the other way round.' });
  const paths = Object.entries(ownedLibraries)
    .filter(([, owner]) => owner !== folder)
    .map(([name, owner]) => ({
      name,
      message: `${name} is used in ${owner}/ alone: call what ${owner}/ exports.`,
    }));
  if (folder === 'protocol' || folder === 'render') {
    for (const name of effects)
      paths.push({ name, message: `${folder}/ is pure: take the value as an argument.` });
  }
  return {
    files: [`${folder}/**/*.ts`],
    rules: { 'no-restricted-imports': ['error', { paths, patterns }] },
  };
});

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'examples/'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
  {
    rules: {
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      'max-params': ['error', 3],
    },
  },
  ...directionRules,
  { files: ['test/**/*.ts'], rules: { '@typescript-eslint/no-unused-expressions': 'off' } },
  { files: ['**/*.js', '**/*.mjs'], extends: [tseslint.configs.disableTypeChecked] },
);
