import { sha256 } from '../protocol/digest.js';
import { oncePer } from '../protocol/once-per.js';
import { apiVersions, refKey, refOf } from '../protocol/resource.js';
import type { Resource, Router } from '../protocol/resource.js';
import { printListItem, printYaml } from './canonical-yaml.js';

/** A Router document cut where its resources begin and end; the concatenation is its canonical YAML. */
export interface RouterText {
  readonly header: string;
  readonly blocks: readonly { readonly key: string; readonly text: string }[];
}

const resourceIndent = '    ';

/**
 * Prints a Router document resource by resource: the same bytes as printing it whole, which a test holds it to, while
 * each resource can be compared, cached and diffed alone.
 */
export function routerText(router: Router): RouterText {
  const envelope = printYaml({
    apiVersion: apiVersions.router,
    kind: 'Router',
    metadata: { name: router.name },
    spec: { ...(router.reconcile === undefined ? {} : { reconcile: router.reconcile }), resources: [] },
  });
  if (router.resources.length === 0) return { header: envelope, blocks: [] };
  return {
    header: envelope.replace(/ \[\]\n$/, '\n'),
    blocks: router.resources.map(resource => ({
      key: refKey(refOf(resource)),
      text: textOfResource(resource),
    })),
  };
}

/** The canonical YAML of a router. */
export function printRouter(router: Router): string {
  const { header, blocks } = routerText(router);
  return header + blocks.map(block => block.text).join('');
}

/** The same in UTF-8. Routers are immutable, and one pass asks for the same one several times. */
export const routerBytes = oncePer((router: Router): Uint8Array => {
  const beginning = beginnings.get(router);
  if (beginning === undefined) return Buffer.from(printRouter(router));
  const rest = router.resources.slice(beginning.resources.length).map(textOfResource).join('');
  return Buffer.concat([routerBytes(beginning), Buffer.from(rest)]);
});

/** Routers that are another one, which has resources, with more of them at the end: its text is the beginning of theirs. */
const beginnings = new WeakMap<Router, Router>();

/** A router with more resources at its end. */
export function extendRouter(router: Router, more: readonly Resource[]): Router {
  const extended = { ...router, resources: [...router.resources, ...more] };
  if (router.resources.length > 0) beginnings.set(extended, router);
  return extended;
}

/** `sha256:…` of the canonical YAML: Startup-Config-Hash and Effective-Config-Hash. */
export const hashOfRouter = oncePer((router: Router): string => sha256(routerBytes(router)));

/** Resources are immutable, so the text of one that is met again is the text it had. */
const printed = new WeakMap<Resource, string>();

/** How a resource looks in the list of a router. */
export function textOfResource(resource: Resource): string {
  let text = printed.get(resource);
  if (text === undefined) printed.set(resource, (text = printListItem(resource, resourceIndent)));
  return text;
}

/** Takes somebody's word for how a resource looks. Not for who commits. */
export function recallText(resource: Resource, text: string): void {
  printed.set(resource, text);
}
