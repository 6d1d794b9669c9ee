import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { isError, pathText } from '../../../protocol/problem.js';
import type { Issue } from '../../../protocol/problem.js';
import { isMap } from '../../../protocol/resource.js';
import type { Value, ValueMap } from '../../../protocol/resource.js';
import { createChecker } from '../../../protocol/schema/checker.js';
import type { Checker } from '../../../protocol/schema/checker.js';
import { changed, samples } from '../../rig/samples.js';
import { root } from '../../rig/root.js';
import { readJsonFile, usable } from '../../rig/schemas.js';

const data = join(root, '../shared/data');
const schemaFile = join(data, 'routerd-config-v1alpha1.schema.json');

/** What the published schema is known to have against the configurations: everything, by file. */
const misfits: Readonly<Record<string, readonly string[]>> = {
  'example-dslite-home.yaml': ['UnknownField Interface spec.role'],
  'freebsd-edge.yaml': ['UnknownField Interface spec.role'],
  'home-router.yaml': ['UnknownField Interface spec.role'],
  'linux-dslite-policy.yaml': ['UnknownField Interface spec.role'],
  'multi-wan-home.yaml': ['UnknownField Interface spec.role'],
  'freebsd-vrrp.yaml': ['UnknownField FirewallPolicy spec.defaultAction'],
  'router-lab.yaml': ['UnknownKind IPv4StaticRoute kind', 'UnknownKind IPv6StaticRoute kind'],
};

describe('real configurations', function () {
  before(function () {
    if (existsSync(schemaFile)) return;
    console.warn(`      skipped: there is no ${data}`);
    this.skip();
  });

  const configs = (): [string, ValueMap][] =>
    readdirSync(join(data, 'router-configs')).map(file => [
      file,
      parse(readFileSync(join(data, 'router-configs', file), 'utf8')) as ValueMap,
    ]);
  const published = (): Checker => createChecker([usable('published.json', readJsonFile(schemaFile))]);

  it('fit the published schema but for what is known', () => {
    const checker = published();
    const found = configs().map(([file, router]): [string, string[]] => [
      file,
      [
        ...checker.checkRouter(router).map(issue => issueText('Router', issue)),
        ...resourcesOf(router).flatMap(resource =>
          checker.checkResource(resource).map(issue => issueText(kindOf(resource), issue)),
        ),
      ],
    ]);
    expect(found).to.have.length(27);
    expect(Object.fromEntries(found.filter(([, issues]) => issues.length > 0))).to.deep.equal(misfits);
  });

  it('have no error where nothing but the shipped schemas is known', () => {
    const checker = createChecker();
    for (const [file, router] of configs()) {
      expect(checker.checkRouter(router), file).to.deep.equal([]);
      const issues = resourcesOf(router).flatMap(resource => checker.checkResource(resource));
      expect(issues.filter(isError), file).to.deep.equal([]);
      expect(new Set(issues.map(({ reason }) => reason))).to.deep.equal(new Set(['UnknownKind']));
    }
  });

  it('leave the value rules in force under the published schema', () => {
    const checker = published();
    expect(checker.checkResource(samples.Plugin)).to.deep.equal([]);
    const trigger = changed(samples.Plugin, ['spec', 'triggers', 1], { type: 'event' });
    expect(checker.checkResource(trigger).map(({ reason }) => reason)).to.deep.equal(['MissingField']);
  });

  it('leave the kinds that the published schema lacks to the shipped ones', () => {
    expect(published().checkResource(samples.RemoteAddressClaim)).to.deep.equal([]);
  });
});

function resourcesOf(router: ValueMap): readonly Value[] {
  const spec = router['spec'];
  return (isMap(spec) ? spec['resources'] : []) as readonly Value[];
}

function kindOf(resource: Value): string {
  const kind = isMap(resource) ? resource['kind'] : undefined;
  return typeof kind === 'string' ? kind : '';
}

function issueText(kind: string, { reason, path }: Issue): string {
  return `${reason} ${kind} ${pathText(path)}`;
}
