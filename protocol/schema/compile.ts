import { createRequire } from 'node:module';
import type { Ajv, Options } from 'ajv';
import type { FormatsPlugin } from 'ajv-formats';
import type { Value, ValueMap } from '../resource.js';
import { fail, ok } from '../result.js';
import type { Result } from '../result.js';
import { oneLine } from '../text.js';
import { closestAlternatives } from './alternatives.js';
import type { AjvFunction, Mismatch, Shape } from './shape.js';

/** ajv takes some 50 ms to load, so only who uses extra schemas pays for it. */
const load = createRequire(import.meta.url);

/** The dialects of JSON Schema that extra schemas may be written in, and the module of ajv for each. */
const dialects: Readonly<Record<string, string>> = {
  'https://json-schema.org/draft/2020-12/schema': 'ajv/dist/2020.js',
  'http://json-schema.org/draft-07/schema': 'ajv',
};
const defaultDialect = 'https://json-schema.org/draft/2020-12/schema';

/** `$schema` of a document, without an empty fragment. */
export function dialectOf(root: ValueMap): string {
  const named = root['$schema'];
  return typeof named === 'string' ? named.replace(/#$/, '') : defaultDialect;
}

export function isDialect(name: string): boolean {
  return Object.hasOwn(dialects, name);
}

/**
 * verbose makes ajv hand over the schema around each failed keyword (and the value, which is never printed).
 * addUsedSchema is off since every part of one document is compiled under the document's own `$id`.
 */
const options: Options = {
  strict: false,
  allErrors: true,
  ownProperties: true,
  verbose: true,
  validateSchema: false,
  addUsedSchema: false,
  logger: false,
};

interface Compiler {
  readonly ajv: Ajv;
  readonly compiled: Map<Value, Result<Shape, string>>;
}

/** What was compiled lives as long as the document. */
const compilers = new WeakMap<ValueMap, Compiler>();

/**
 * The shape that one part of an extra schema describes: `part` is an object of the document `root`, whose definitions
 * it may refer to. Only the first call for a part compiles. Fails with the reason when the part is no JSON Schema.
 */
export function extraShape(root: ValueMap, part: Value): Result<Shape, string> {
  const whole = rawShape(root, part);
  if (!whole.ok) return whole;
  const shapeOf = (branch: Value): Shape => {
    const shape = rawShape(root, branch);
    return shape.ok ? shape.value : () => [];
  };
  return ok(value => closestAlternatives(whole.value(value), { value, shapeOf }));
}

/** The same with everything that ajv says about alternatives. */
function rawShape(root: ValueMap, part: Value): Result<Shape, string> {
  const { ajv, compiled } = compilerOf(root);
  const known = compiled.get(part);
  if (known !== undefined) return known;
  const shape = compile(ajv, documentOf(root, part));
  compiled.set(part, shape);
  return shape;
}

function compilerOf(root: ValueMap): Compiler {
  const known = compilers.get(root);
  if (known !== undefined) return known;
  const { default: AjvClass } = load(dialects[dialectOf(root)] ?? '') as { default: typeof Ajv };
  const { default: addFormats } = load('ajv-formats') as { default: FormatsPlugin };
  const ajv = new AjvClass(options);
  addFormats(ajv);
  const compiler: Compiler = { ajv, compiled: new Map() };
  compilers.set(root, compiler);
  return compiler;
}

/** A small document in which references of the part lead where they lead in the whole: its definitions and its id. */
function documentOf(root: ValueMap, part: Value): ValueMap {
  const kept: Record<string, Value> = { allOf: [part] };
  for (const key of ['$id', '$defs', 'definitions']) {
    const value = root[key];
    if (value !== undefined) kept[key] = value;
  }
  return kept;
}

function compile(ajv: Ajv, schema: ValueMap): Result<Shape, string> {
  try {
    const validate: AjvFunction = ajv.compile(schema);
    return ok(value => mismatchesOf(validate, value));
  } catch (error) {
    return fail(oneLine(error instanceof Error ? error.message : String(error)));
  }
}

function mismatchesOf(validate: AjvFunction, value: Value): Mismatch[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ keyword, instancePath, params, parentSchema, propertyName }) => ({
    keyword,
    instancePath,
    params: params as Record<string, unknown>,
    parentSchema,
    ...(propertyName === undefined ? {} : { propertyName }),
  }));
}
