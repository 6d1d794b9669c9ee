import { createRequire } from 'node:module';
import { isList, isMap } from '../resource.js';
import type { Value, ValueMap } from '../resource.js';
import type { AjvFunction, Shape } from './shape.js';

/**
 * The schemas that ship are turned into code by the build (scripts/precompile-schemas.ts), since loading ajv and
 * compiling takes longer than all the checking. Validators are CommonJS, for they call `require`, and are loaded one
 * by one when first needed.
 */
const load = createRequire(import.meta.url);

/** The shape that a schema of ours describes, by the name of its file without `.json`. */
export function shippedShape(name: string): Shape {
  return value => {
    const validate = validatorOf(name);
    if (validate(value)) return [];
    const schema = shippedSchema(name);
    return (validate.errors ?? []).map(({ keyword, instancePath, schemaPath, params }) => ({
      keyword,
      instancePath,
      params: params as Record<string, unknown>,
      parentSchema: schemaAround(schema, schemaPath),
    }));
  };
}

/** A schema of ours, complete in itself. */
export function shippedSchema(name: string): ValueMap {
  return loaded(`#schemas/${name}.json`) as ValueMap;
}

function validatorOf(name: string): AjvFunction {
  return loaded(`#validators/${name}.cjs`) as AjvFunction;
}

/** `require` has a cache too, but resolves the path anew each time. */
const cache = new Map<string, unknown>();

function loaded(file: string): unknown {
  const known = cache.get(file);
  if (known !== undefined) return known;
  try {
    const module: unknown = load(file);
    cache.set(file, module);
    return module;
  } catch (cause) {
    throw new Error(`${file} is missing or damaged: run "npm run build"`, { cause });
  }
}

/** The schema that holds the keyword which `schemaPath` (`#/properties/spec/required`) points at. */
function schemaAround(schema: ValueMap, schemaPath: string): Value {
  const steps = schemaPath.split('/').slice(1, -1);
  let at: Value | undefined = schema;
  for (const step of steps) {
    const key = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
    at = isMap(at) ? at[key] : isList(at) ? at[Number(key)] : undefined;
  }
  return at ?? null;
}
