import { expect } from 'chai';
import fc from 'fast-check';
import { parsePath, pathsIn, valueAt } from '../../protocol/field-path.js';
import { pathText } from '../../protocol/problem.js';
import type { Value } from '../../protocol/resource.js';

describe('paths into a resource', () => {
  it('are read as they are written', () => {
    const step = fc.oneof(fc.string(), fc.nat(1_000));
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), path => {
        expect(parsePath(pathText(path))).to.deep.equal(path);
      }),
    );
  });

  for (const text of ['', '.', 'a..b', 'a[', 'a[x]', 'a["x]', 'a b', '[0]b', 'a.[0]x']) {
    it(`are nothing else: ${JSON.stringify(text)}`, () => {
      expect(parsePath(text)).to.equal(undefined);
    });
  }

  it('lead to what stands there, and nowhere else', () => {
    const value: Value = { spec: { list: [{ a: 1 }, null], 'odd key': 'x' } };
    expect(pathsIn(value)).to.deep.equal([
      ...['spec', 'spec.list', 'spec.list[0]', 'spec.list[0].a', 'spec.list[1]', 'spec["odd key"]'],
    ]);
    for (const path of pathsIn(value)) {
      expect(valueAt(value, parsePath(path) ?? []), path).not.to.equal(undefined);
    }
    for (const path of ['spec.toString', 'spec.list[2]', 'spec.list.length', 'spec.list[0].a.b']) {
      expect(valueAt(value, parsePath(path) ?? []), path).to.equal(undefined);
    }
  });
});
