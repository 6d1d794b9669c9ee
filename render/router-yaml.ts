import { sha256 } from '../protocol/digest.js';
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
      text: printResource(resource),
    })),
  };
}

export function printRouter(router: Router): string {
  return wholeOf(router).text;
}

/** `sha256:…` of the canonical YAML: Startup-Config-Hash and Effective-Config-Hash. */
export function hashOfRouter(router: Router): string {
  const whole = wholeOf(router);
  return (whole.hash ??= sha256(whole.text));
}

/** Routers are immutable as well, and one pass asks for the same one several times. */
const whole = new WeakMap<Router, { readonly text: string; hash?: string }>();

function wholeOf(router: Router): { readonly text: string; hash?: string } {
  let known = whole.get(router);
  if (known === undefined) {
    const { header, blocks } = routerText(router);
    whole.set(router, (known = { text: header + blocks.map(block => block.text).join('') }));
  }
  return known;
}

/** Resources are immutable, so the text of one that is met again is the text it had. */
const printed = new WeakMap<Resource, string>();

function printResource(resource: Resource): string {
  let text = printed.get(resource);
  if (text === undefined) printed.set(resource, (text = printListItem(resource, resourceIndent)));
  return text;
}
