import { expect } from 'chai';
import fc from 'fast-check';
import { parse } from 'yaml';
import type { Resource, Value } from '../../protocol/resource.js';
import { refKey, refOf } from '../../protocol/resource.js';
import { annotate } from '../../render/annotate.js';
import { blockHeader, headerOfKind, resourceBlocks } from '../../render/resource-blocks.js';
import { printRouter, routerText } from '../../render/router-yaml.js';
import { route, router } from '../rig/build.js';

const word = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,8}[A-Za-z0-9]$/);
const line = fc.oneof(fc.string(), fc.constantFrom('    - apiVersion: x', '- a: b', '# no', '  x:', ''));
const text = fc.oneof(
  fc.string(),
  fc.array(line, { maxLength: 6 }).map(lines => lines.join('\n')),
);
const value: fc.Arbitrary<Value> = fc.letrec<{ any: Value }>(tie => ({
  any: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.integer(),
    fc.boolean(),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie('any'), { maxKeys: 3 }),
  ),
})).any;
const resources: fc.Arbitrary<Resource[]> = fc
  .uniqueArray(fc.record({ name: word, kind: word, note: text, spec: value }), {
    selector: ({ name, kind }) => `${kind} ${name}`,
    maxLength: 5,
  })
  .map(found =>
    found.map(({ name, kind, note, spec }) => ({
      apiVersion: 'example.org/v1',
      kind,
      metadata: { name, note },
      spec,
    })),
  );

describe('the resources of a canonical file', () => {
  it('are found by their first lines, whatever stands in them', () => {
    fc.assert(
      fc.property(resources, all => {
        const whole = router(...all);
        const blocks = resourceBlocks(printRouter(whole));
        expect([...blocks.values()].map(block => block.text)).to.deep.equal(
          routerText(whole).blocks.map(block => block.text),
        );
        for (const resource of all) {
          const ref = refOf(resource);
          const block = blocks.get(blockHeader(ref));
          expect(block?.text).to.contain(headerOfKind(ref.kind, ref.name));
          const lines = printRouter(whole).split('\n');
          expect(lines[(block?.line ?? 0) - 1]).to.equal(block?.text.split('\n')[0]);
        }
      }),
    );
  });
});

describe('annotations', () => {
  it('change nothing of the value', () => {
    fc.assert(
      fc.property(resources, fc.array(fc.string(), { maxLength: 3 }), (all, notes) => {
        const document = router(...all);
        const above = new Map(all.map(resource => [refKey(refOf(resource)), notes]));
        const noted = annotate(routerText(document), { above, below: notes });
        expect(parse(noted)).to.deep.equal(parse(printRouter(document)));
        expect(parse(noted, { version: '1.1' })).to.deep.equal(parse(noted));
      }),
    );
  });

  it('stand above what they are about, each one line', () => {
    const document = router(route('a'), route('b'));
    const noted = annotate(routerText(document), {
      above: new Map([[refKey(refOf(route('b'))), ['first\nspec: mine', 'second']]]),
      below: ['last'],
    });
    const lines = noted.split('\n');
    const at = lines.indexOf('    # first spec: mine');
    expect(lines.slice(at + 1, at + 3)).to.deep.equal([
      ...['    # second', '    - apiVersion: net.routerd.net/v1alpha1'],
    ]);
    expect(lines.slice(-2)).to.deep.equal(['    # last', '']);
    expect(lines.filter(found => found.includes('#'))).to.have.length(3);
  });
});
