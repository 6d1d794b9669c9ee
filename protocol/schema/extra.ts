import { digestOf } from '../digest.js';
import type { Issue } from '../problem.js';
import { isList, isMap, kindKey } from '../resource.js';
import type { Value, ValueMap } from '../resource.js';
import { fail, ok } from '../result.js';
import type { Result } from '../result.js';
import { oneLine } from '../text.js';
import { dialectOf, isDialect } from './compile.js';

/**
 * A JSON Schema of the operator's, taken apart but not compiled: for one kind, or for a whole Router document with a
 * branch for each kind. Keep the object as long as its file stays the same, for what was compiled lives with it.
 */
export interface ExtraSchema {
  readonly file: string;
  /** The whole document. */
  readonly root: ValueMap;
  /** By kindKey, the part of the document that describes a kind. */
  readonly kinds: ReadonlyMap<string, ValueMap>;
  /** Of a whole-Router schema: the Router document without what its resources hold. */
  readonly envelope?: ValueMap;
  /** Whether the schema says that there are no other kinds. */
  readonly closed: boolean;
}

/**
 * Takes an extra schema apart. A schema for one kind says which with `const` in `properties.apiVersion` and
 * `properties.kind`. One for a whole Router has `const: Router` as kind; the branches of
 * `properties.spec.properties.resources.items` (`oneOf` or `anyOf`) say their kinds in the same way, and a branch that
 * does not leaves the list of kinds open. Draft 2020-12 (also without `$schema`) and draft-07.
 */
export function parseExtraSchema(file: string, value: Value): Result<ExtraSchema, readonly Issue[]> {
  if (!isMap(value)) return unusable(file, 'is not a JSON object');
  const dialect = dialectOf(value);
  if (!isDialect(dialect)) {
    return unusable(file, `is written in a dialect that is not supported: ${dialect}`, {
      path: ['$schema'],
      hint: 'use https://json-schema.org/draft/2020-12/schema',
    });
  }
  const named = kindsOf(value, value);
  if (fixed(value, value, 'kind').includes('Router')) return ok(routerSchema(file, value));
  if (named.length === 0) {
    return unusable(file, 'does not say which kind it describes', {
      hint: 'give properties.apiVersion and properties.kind a const',
    });
  }
  return ok({ file, root: value, kinds: new Map(named.map(key => [key, value])), closed: false });
}

function unusable(
  file: string,
  what: string,
  more: Partial<Pick<Issue, 'hint' | 'path'>> = {},
): Result<never, Issue[]> {
  const message = `the schema ${oneLine(file)} ${oneLine(what)}`;
  return fail([{ reason: 'SchemaUnreadable', severity: 'error', message, path: [], ...more }]);
}

/** The digest of what a list of extra schemas says; '' for none. */
export function extrasDigest(extras: readonly ExtraSchema[]): string {
  return extras.length === 0 ? '' : digestOf(extras.map(({ root }) => root));
}

function routerSchema(file: string, root: ValueMap): ExtraSchema {
  const resources = property(root, property(root, root, 'spec'), 'resources');
  const items = resolved(root, resources['items']);
  const branches = items['oneOf'] ?? items['anyOf'] ?? [items];
  const kinds = new Map<string, ValueMap>();
  let closed = resources['items'] !== undefined;
  for (const entry of isList(branches) ? branches : []) {
    const branch = resolved(root, entry);
    const keys = kindsOf(root, branch);
    if (keys.length === 0) closed = false;
    for (const key of keys) kinds.set(key, branch);
  }
  return { file, root, kinds, closed, envelope: withoutItems(root) };
}

/** The Router document with resources of any content. */
function withoutItems(root: ValueMap): ValueMap {
  const spec = property(root, root, 'spec');
  const resources = { ...property(root, spec, 'resources'), items: true };
  const openSpec = { ...spec, properties: { ...mapOf(spec['properties']), resources } };
  return { ...root, properties: { ...mapOf(root['properties']), spec: openSpec } };
}

/** The kinds that a schema is for: kindKeys of its fixed apiVersions and kinds. */
function kindsOf(root: ValueMap, schema: ValueMap): string[] {
  return fixed(root, schema, 'apiVersion').flatMap(apiVersion =>
    fixed(root, schema, 'kind').map(kind => kindKey({ apiVersion, kind })),
  );
}

/** The texts to which a schema fixes a field, by `const` or `enum`. */
function fixed(root: ValueMap, schema: ValueMap, name: string): readonly string[] {
  const { const: only, enum: several } = property(root, schema, name);
  const values = isList(several) ? several : [only ?? null];
  return values.every(value => typeof value === 'string') ? values : [];
}

function property(root: ValueMap, schema: ValueMap, name: string): ValueMap {
  return resolved(root, mapOf(schema['properties'])[name]);
}

/** The schema itself or, where it is a reference within the document, what that leads to; `{}` for anything else. */
function resolved(root: ValueMap, schema: Value | undefined): ValueMap {
  let at = schema;
  for (let hops = 0; hops < 16; hops++) {
    const map = mapOf(at);
    const ref = map['$ref'];
    if (typeof ref !== 'string' || !ref.startsWith('#/')) return map;
    at = ref
      .slice(2)
      .split('/')
      .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'))
      .reduce<Value | undefined>((value, step) => mapOf(value)[step], root);
  }
  return {};
}

function mapOf(value: Value | undefined): ValueMap {
  return isMap(value) ? value : {};
}
