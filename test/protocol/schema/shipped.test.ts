import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { isList, isMap } from '../../../protocol/resource.js';
import type { Value, ValueMap } from '../../../protocol/resource.js';
import { shippedKinds } from '../../../protocol/schema/kinds.js';
import { shippedSchema, shippedShape } from '../../../protocol/schema/shipped.js';
import { root } from '../../rig/root.js';
import { readJsonFile } from '../../rig/schemas.js';

const sources = join(root, 'protocol/schemas');

describe('the schemas that ship', () => {
  for (const file of readdirSync(sources)) {
    it(`${file} describes everything in it`, () => {
      const schema = readJsonFile(join(sources, file));
      expect(isMap(schema) && schema['$schema']).to.equal('https://json-schema.org/draft/2020-12/schema');
      expect(undescribed(schema, file)).to.deep.equal([]);
    });
  }

  for (const { apiVersion, kind, title, schema } of shippedKinds) {
    it(`${schema}.json is about ${kind} and complete in itself`, () => {
      const bundle = shippedSchema(schema);
      expect(bundle).to.include({ title });
      const properties = bundle['properties'] as { apiVersion: ValueMap; kind: ValueMap };
      expect(properties.apiVersion['const']).to.equal(apiVersion);
      expect(properties.kind['const']).to.equal(kind);
      expect(JSON.stringify(bundle)).to.not.include('$ref');
      expect(shippedShape(schema)({})).to.not.deep.equal([]);
    });
  }

  it('are all listed', () => {
    const listed = [...shippedKinds.map(({ schema }) => schema), 'action-plan', 'common', 'resource'];
    expect(readdirSync(sources)).to.have.members(listed.map(name => `${name}.json`));
  });

  it('take no ajv to check with', async () => {
    const program = `
      import { createRequire } from 'node:module';
      const { createChecker } = await import(${JSON.stringify(join(root, 'dist/protocol/schema/checker.js'))});
      const issues = createChecker().checkResource({ apiVersion: 'net.routerd.net/v1alpha1', kind: 'IPv4Route' });
      const { cache } = createRequire(import.meta.url);
      console.log(JSON.stringify({ issues: issues.length, ajv: Object.keys(cache).filter(file => /ajv.dist.(core|ajv|2020)/.test(file)) }));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
    expect(JSON.parse(stdout)).to.deep.equal({ issues: 2, ajv: [] });
  });
});

describe('the messages between routerd and plugins', () => {
  const request: Value = {
    apiVersion: 'plugin.routerd.net/v1alpha1',
    kind: 'PluginRequest',
    metadata: { name: 'oci-inventory' },
    spec: {
      trigger: { type: 'interval', topic: '' },
      startupConfigHash: 'sha256:00',
      effectiveGeneration: 44,
      previousDynamicGeneration: 12,
      now: '2026-05-29T12:00:00Z',
    },
  };

  it('include a PluginRequest with exactly these fields', () => {
    expect(shippedShape('plugin-request')(request)).to.deep.equal([]);
    const more = { ...(request as object), more: 1 };
    expect(shippedShape('plugin-request')(more).map(({ keyword }) => keyword)).to.deep.equal([
      'additionalProperties',
    ]);
  });

  it('include requests to executors and inventories', () => {
    const execute = {
      apiVersion: 'provideraction.routerd.net/v1alpha1',
      kind: 'ExecuteActionRequest',
      spec: {
        action: 'assign-secondary-ip',
        provider: 'aws',
        mode: 'dry-run',
        idempotencyKey: 'k',
        target: {},
      },
    };
    expect(shippedShape('execute-action-request')(execute)).to.deep.equal([]);
    const observe = {
      apiVersion: 'providerinventory.routerd.net/v1alpha1',
      kind: 'ObservePrivateIPsRequest',
      spec: {
        provider: 'aws',
        selfNode: 'a',
        pool: 'p',
        prefix: '10.0.0.0/24',
        selfNicRef: 'eni-1',
        selector: { tags: { tier: 'app' } },
        context: { resources: [{ apiVersion: 'a/v1', kind: 'K', name: 'n', spec: {} }] },
      },
    };
    expect(shippedShape('observe-private-ips-request')(observe)).to.deep.equal([]);
  });
});

/** Every schema under `properties` and `$defs` that has no description. */
function undescribed(schema: Value | undefined, place: string): string[] {
  if (isList(schema)) return schema.flatMap((entry, index) => undescribed(entry, `${place}/${index}`));
  if (!isMap(schema)) return [];
  return Object.entries(schema).flatMap(([key, value]): string[] => {
    if (key !== 'properties' && key !== '$defs') return undescribed(value, `${place}/${key}`);
    return Object.entries(value as ValueMap).flatMap(([name, part]) => {
      const description = isMap(part) ? part['description'] : undefined;
      const good = typeof description === 'string' && description.length >= 8;
      return [...(good ? [] : [`${place}/${name}`]), ...undescribed(part, `${place}/${name}`)];
    });
  });
}
