import { expect } from 'chai';
import { applyPatch } from 'diff';
import fc from 'fast-check';
import type { Router } from '../../protocol/resource.js';
import { printYaml } from '../../render/canonical-yaml.js';
import { printRouter, routerText } from '../../render/router-yaml.js';
import { routerValue } from '../../protocol/startup.js';
import { unifiedDiff } from '../../render/unified-diff.js';
import { route, router } from '../rig/build.js';

const diffOf = (before: Router, after: Router) =>
  unifiedDiff({ label: 'a', text: routerText(before) }, { label: 'b', text: routerText(after) });

const config = fc
  .uniqueArray(fc.record({ name: fc.integer({ min: 0, max: 12 }), metric: fc.integer({ min: 0, max: 3 }) }), {
    selector: ({ name }) => name,
    maxLength: 12,
  })
  .map(list => router(...list.map(({ name, metric }) => route(`n${name}`, { metric, notes: ['x', 'y'] }))));

describe('printing a Router', () => {
  it('resource by resource gives the bytes of printing it whole', () => {
    fc.assert(
      fc.property(config, given => {
        expect(printRouter(given)).to.equal(printYaml(routerValue(given)));
        const more = { ...given, reconcile: { mode: 'strict' } };
        expect(printRouter(more)).to.equal(printYaml(routerValue(more)));
      }),
    );
  });
});

describe('unified diff', () => {
  it('turns the old text into the new one', () => {
    fc.assert(
      fc.property(config, config, (before, after) => {
        const diff = diffOf(before, after);
        if (diff === '') expect(printRouter(after)).to.equal(printRouter(before));
        else expect(applyPatch(printRouter(before), diff)).to.equal(printRouter(after));
      }),
      { numRuns: 300 },
    );
  });

  it('is empty for equal documents', () => {
    expect(diffOf(router(route('a')), router(route('a')))).to.equal('');
  });

  it('shows three lines of context and nothing else', () => {
    const before = router(route('a'), route('b', { metric: 1 }), route('c'));
    const after = router(route('a'), route('b', { metric: 2 }), route('c'));
    expect(diffOf(before, after)).to.equal(
      [
        '--- a',
        '+++ b',
        '@@ -18,7 +18,7 @@',
        '       spec:',
        '         destination: 10.0.0.0/8',
        '         device: eth0',
        '-        metric: 1',
        '+        metric: 2',
        '     - apiVersion: net.routerd.net/v1alpha1',
        '       kind: IPv4Route',
        '       metadata:',
        '',
      ].join('\n'),
    );
  });

  it('ends for documents in which everything changed', () => {
    const many = (metric: number, prefix: string) =>
      router(...Array.from({ length: 3_000 }, (_, i) => route(`${prefix}${i}`, { metric })));
    const diff = diffOf(many(1, 'a'), many(2, 'b'));
    expect(diff.split('\n').filter(line => line.startsWith('+ '))).to.have.length(3_000 * 8);
  });
});
