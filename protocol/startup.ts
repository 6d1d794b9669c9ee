import { pathText } from './problem.js';
import type { Issue, Path, Place, Problem } from './problem.js';
import { apiVersions, isList, isMap, refKey, refOf, refText } from './resource.js';
import type { Resource, Router, Value, ValueMap } from './resource.js';
import type { SourceDocument } from './yaml/read.js';

/** What judges resources; `createChecker` in schema/ makes one. */
export interface ResourceChecker {
  readonly checkResource: (resource: Value) => readonly Issue[];
  readonly checkRouter: (router: ValueMap) => readonly Issue[];
  /** What the judgement depends on besides what is judged. */
  readonly digest: string;
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
  const taken = documents.map(document => takeDocument(document, checker));
  const routers = taken.flatMap(({ router }) => (router === undefined ? [] : [router]));
  const resources = taken.flatMap(document => document.resources);
  const problems = [...taken.flatMap(document => document.problems), ...disagreements(routers)];
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
}

/** For what is known to be valid. */
export const trusting: ResourceChecker = { checkResource: () => [], checkRouter: () => [], digest: '' };

/** What one document brings in. */
interface TakenDocument {
  /** Set where it is a Router. */
  readonly router?: RouterDocument;
  readonly resources: readonly LocatedResource[];
  readonly problems: readonly Problem[];
}

/** Documents and checkers never change: what a document comes to under a checker is found out once. */
const takenBy = new WeakMap<ResourceChecker, WeakMap<SourceDocument, TakenDocument>>();

function takeDocument(document: SourceDocument, checker: ResourceChecker): TakenDocument {
  let known = takenBy.get(checker);
  if (known === undefined) takenBy.set(checker, (known = new WeakMap()));
  let taken = known.get(document);
  if (taken === undefined) known.set(document, (taken = judgeDocument(document, checker)));
  return taken;
}

/** Whether a checker has nothing against a document, not even a note. */
export function isSound(document: SourceDocument, checker: ResourceChecker): boolean {
  return takeDocument(document, checker).problems.length === 0;
}

function judgeDocument(document: SourceDocument, given: ResourceChecker): TakenDocument {
  const checker = document.soundUnder === given.digest ? { ...trusting, digest: given.digest } : given;
  const problems: Problem[] = [];
  const resources: LocatedResource[] = [];
  const { value } = document;
  if (!isMap(value)) return { resources, problems: [notAMapping(document.place([]), 'a document')] };
  if (value['kind'] !== 'Router') {
    takeResource(value, []);
    return { resources, problems };
  }
  problems.push(...located(checker.checkRouter(value), document.place));
  for (const [i, item] of resourcesOf(value).entries()) takeResource(item, resourcePath(i));
  return { router: { document, value }, resources, problems };

  function takeResource(item: Value, base: Path): void {
    if (!isMap(item)) {
      problems.push(notAMapping(document.place(base), 'a resource'));
      return;
    }
    const kind = item['kind'];
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
    problems.push(...located(checker.checkResource(item), place, item));
    if (isResource(item)) resources.push({ resource: item, place });
  }
}

function resourcesOf(router: ValueMap): readonly Value[] {
  const spec = router['spec'];
  return isMap(spec) && isList(spec['resources']) ? spec['resources'] : [];
}

function resourcePath(index: number): Path {
  return ['spec', 'resources', index];
}

/** Where the resources of a Router document stand in it; none for a bare resource, which is the document. */
export function resourcePaths(value: Value): Path[] {
  return isMap(value) && value['kind'] === 'Router' ? resourcesOf(value).map((_, i) => resourcePath(i)) : [];
}

/** The resources of a document: those of a Router, or itself. */
export function resourcesIn(value: Value): Resource[] {
  const items = isMap(value) && value['kind'] === 'Router' ? resourcesOf(value) : [value];
  return items.filter(isResource);
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

interface RouterDocument {
  readonly document: SourceDocument;
  readonly value: ValueMap;
}

/** Several Router documents are one Router: their names agree and at most one has spec.reconcile. */
function disagreements(routers: readonly RouterDocument[]): Problem[] {
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
