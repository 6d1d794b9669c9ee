import { pathText } from './problem.js';
import type { Issue, Path, Place, Problem } from './problem.js';
import { apiVersions, isList, isMap, refKey, refOf, refText } from './resource.js';
import type { Resource, Router, Value, ValueMap } from './resource.js';
import type { SourceDocument } from './yaml/read.js';

/** What judges resources; `createChecker` in schema/ makes one. */
export interface ResourceChecker {
  readonly checkResource: (resource: Value) => readonly Issue[];
  readonly checkRouter: (router: ValueMap) => readonly Issue[];
}

/** A resource and the way to the places of its parts. */
export interface LocatedResource {
  readonly resource: Resource;
  readonly place: PlaceOf;
}

/** The place of a value, or of its key, at a path. */
export type PlaceOf = (path: Path, at?: 'key' | 'value') => Place;

export interface AssembledStartup {
  /** Undefined when no document holds anything. */
  readonly router: Router | undefined;
  /** Every resource with a whole identity, in reading order, valid or not. */
  readonly resources: readonly LocatedResource[];
  readonly problems: readonly Problem[];
}

/** The name of the Router when only bare resources were written. */
const defaultName = 'router';

/** Kinds that cross process borders or hold routerd's own state: they are never configuration. */
const notConfiguration = new Set([
  'Router',
  'DynamicConfigPart',
  'PluginRequest',
  'PluginResult',
  'ExecuteActionRequest',
  'ExecuteActionResult',
  'ObservePrivateIPsRequest',
  'ObservePrivateIPsResult',
  'Event',
]);

/** Puts Router documents and bare resources, in reading order, together as one startup-config. */
export function assembleStartup(
  documents: readonly SourceDocument[],
  checker: ResourceChecker,
): AssembledStartup {
  const problems: Problem[] = [];
  const resources: LocatedResource[] = [];
  const routers: { readonly document: SourceDocument; readonly value: ValueMap }[] = [];

  for (const document of documents) {
    const { value } = document;
    if (!isMap(value)) {
      problems.push(notAMapping(document.place([]), 'a document'));
    } else if (value['kind'] === 'Router') {
      routers.push({ document, value });
      problems.push(...located(checker.checkRouter(value), document.place));
      const spec = value['spec'];
      const list = isMap(spec) && isList(spec['resources']) ? spec['resources'] : [];
      list.forEach((item, i) => {
        takeResource(item, document, ['spec', 'resources', i]);
      });
    } else {
      takeResource(value, document, []);
    }
  }
  problems.push(...disagreements(routers));

  const first = routers[0]?.value;
  const reconcile = routers.map(({ value }) => reconcileOf(value)).find(value => value !== undefined);
  const router =
    documents.length === 0
      ? undefined
      : {
          name: first === undefined ? defaultName : (nameOf(first) ?? defaultName),
          ...(reconcile === undefined ? {} : { reconcile }),
          resources: resources.map(({ resource }) => resource),
        };
  return { router, resources, problems };

  function takeResource(value: Value, document: SourceDocument, base: Path): void {
    if (!isMap(value)) {
      problems.push(notAMapping(document.place(base), 'a resource'));
      return;
    }
    const kind = value['kind'];
    if (typeof kind === 'string' && notConfiguration.has(kind)) {
      problems.push({
        reason: 'KindNotAllowed',
        severity: 'error',
        message: `a ${kind} cannot stand in the configuration`,
        hint: kind === 'Router' ? 'put its resources into the outer Router' : 'remove it',
        place: document.place([...base, 'kind']),
      });
      return;
    }
    const place: PlaceOf = (path, at) => document.place([...base, ...path], at);
    problems.push(...located(checker.checkResource(value), place, value));
    if (isResource(value)) resources.push({ resource: value, place });
  }
}

/** Whether a map has a whole identity. */
export function isResource(value: Value | undefined): value is Resource {
  if (!isMap(value)) return false;
  const { apiVersion, kind, metadata } = value;
  return (
    typeof apiVersion === 'string' &&
    typeof kind === 'string' &&
    isMap(metadata) &&
    typeof metadata['name'] === 'string'
  );
}

/** Issues of a value, with their places; `resource` is named in them where it has an identity. */
export function located(issues: readonly Issue[], place: PlaceOf, resource?: Value): Problem[] {
  const ref = isResource(resource) ? { resource: refOf(resource) } : {};
  return issues.map(({ path, at, ...issue }) => ({
    ...issue,
    place: place(path, at),
    ...ref,
    ...(path.length > 0 ? { field: pathText(path) } : {}),
  }));
}

function notAMapping(place: Place, what: string): Problem {
  return {
    reason: 'NotAMapping',
    severity: 'error',
    message: `${what} must be a mapping with apiVersion, kind, metadata and spec`,
    place,
  };
}

type RouterDocuments = readonly { readonly document: SourceDocument; readonly value: ValueMap }[];

/** Several Router documents are one Router: their names agree and at most one has spec.reconcile. */
function disagreements(routers: RouterDocuments): Problem[] {
  const problems: Problem[] = [];
  const [first, ...others] = routers;
  for (const { document, value } of others) {
    if (first === undefined || nameOf(value) === nameOf(first.value)) continue;
    problems.push({
      reason: 'RouterNameMismatch',
      severity: 'error',
      message: 'the Router documents have different names',
      hint: 'give all of them the same metadata.name',
      place: document.place(['metadata', 'name']),
      related: [{ message: 'the first Router', place: first.document.place(['metadata', 'name']) }],
    });
  }
  const [owner, ...more] = routers.filter(({ value }) => reconcileOf(value) !== undefined);
  for (const { document } of more) {
    if (owner === undefined) continue;
    problems.push({
      reason: 'DuplicateReconcile',
      severity: 'error',
      message: 'several Router documents have spec.reconcile',
      hint: 'keep one of them',
      place: document.place(['spec', 'reconcile'], 'key'),
      related: [{ message: 'also here', place: owner.document.place(['spec', 'reconcile'], 'key') }],
    });
  }
  return problems;
}

function nameOf(router: ValueMap): string | undefined {
  const metadata = router['metadata'];
  const name = isMap(metadata) ? metadata['name'] : undefined;
  return typeof name === 'string' ? name : undefined;
}

function reconcileOf(router: ValueMap): ValueMap | undefined {
  const spec = router['spec'];
  const reconcile = isMap(spec) ? spec['reconcile'] : undefined;
  return isMap(reconcile) ? reconcile : undefined;
}

/** A Router document as data, for checking a candidate as a whole. */
export function routerValue(router: Router): ValueMap {
  return {
    apiVersion: apiVersions.router,
    kind: 'Router',
    metadata: { name: router.name },
    spec: {
      ...(router.reconcile === undefined ? {} : { reconcile: router.reconcile }),
      resources: router.resources,
    },
  };
}

/** Resources that stand twice: every one after the first, with both places. */
export function duplicates(resources: readonly LocatedResource[]): Problem[] {
  const first = new Map<string, LocatedResource>();
  const problems: Problem[] = [];
  for (const located of resources) {
    const ref = refOf(located.resource);
    const other = first.get(refKey(ref));
    if (other === undefined) {
      first.set(refKey(ref), located);
      continue;
    }
    problems.push({
      reason: 'DuplicateResource',
      severity: 'error',
      message: `${refText(ref)} (${ref.apiVersion}) stands twice`,
      hint: 'remove or rename one of them',
      place: located.place([]),
      related: [{ message: 'first here', place: other.place([]) }],
      resource: ref,
    });
  }
  return problems;
}
