/**
 * Turns protocol/schemas/*.json into what the program loads, below dist/protocol: each schema complete in itself
 * (schemas/NAME.json), and code that validates against it (schema/validators/NAME.cjs). Run after tsc.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Schemas = ReadonlyMap<string, Json>;

const sources = new URL('../../protocol/schemas/', import.meta.url);
const bundles = new URL('../protocol/schemas/', import.meta.url);
const validators = new URL('../protocol/schema/validators/', import.meta.url);

/** Schemas that exist to be referred to. */
const shared = new Set(['common.json']);

const schemas: Schemas = await readSchemas();
for (const folder of [bundles, validators]) await mkdir(folder, { recursive: true });
for (const file of schemas.keys()) {
  if (shared.has(file)) continue;
  const bundle = withoutRefs(definition(file, '#'), file);
  await writeFile(new URL(file, bundles), `${JSON.stringify(bundle, undefined, 2)}\n`);
  await writeFile(new URL(file.replace(/json$/, 'cjs'), validators), validatorCode(bundle));
}

async function readSchemas(): Promise<Schemas> {
  const files = (await readdir(sources)).filter(file => file.endsWith('.json')).sort();
  const read = async (file: string): Promise<[string, Json]> => [
    file,
    JSON.parse(await readFile(new URL(file, sources), 'utf8')) as Json,
  ];
  return new Map(await Promise.all(files.map(read)));
}

/** A copy in which each `$ref` is replaced by what it leads to; what stands beside it, a description say, wins. */
function withoutRefs(schema: Json, file: string): Json {
  if (Array.isArray(schema)) return schema.map(entry => withoutRefs(entry, file));
  if (typeof schema !== 'object' || schema === null) return schema;
  const { $ref } = schema;
  const copy = Object.fromEntries(
    Object.entries(without(schema, ['$ref', '$defs'])).map(([key, value]) => [key, withoutRefs(value, file)]),
  );
  if (typeof $ref !== 'string') return copy;
  const [other = '', pointer = ''] = $ref.split('#');
  const home = other === '' ? file : other;
  const target = withoutRefs(definition(home, `#${pointer}`), home);
  if (typeof target !== 'object' || target === null || Array.isArray(target))
    throw new Error(`${file}: ${$ref} leads to no schema`);
  return { ...without(target, ['$schema']), ...copy };
}

function without(map: Readonly<Record<string, Json>>, keys: readonly string[]): Record<string, Json> {
  return Object.fromEntries(Object.entries(map).filter(([key]) => !keys.includes(key)));
}

function definition(file: string, pointer: string): Json {
  let at = schemas.get(file);
  for (const step of pointer.split('/').slice(1)) {
    at = typeof at === 'object' && at !== null && !Array.isArray(at) ? at[step] : undefined;
  }
  if (at === undefined) throw new Error(`there is no ${file}${pointer}`);
  return at;
}

function validatorCode(schema: Json): string {
  const ajv = new Ajv2020({
    strict: true,
    strictRequired: true,
    allErrors: true,
    ownProperties: true,
    code: { source: true, lines: true },
  });
  return standalone.default(ajv, ajv.compile(schema as object));
}
