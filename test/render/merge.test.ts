import { expect } from 'chai';
import fc from 'fast-check';
import type { Part } from '../../protocol/part.js';
import { refKey, refOf } from '../../protocol/resource.js';
import type { Resource, Router } from '../../protocol/resource.js';
import { merge } from '../../render/merge.js';
import type { MergeInput } from '../../render/merge.js';
import { printRouter, routerBytes } from '../../render/router-yaml.js';
import { binding, maskOf, maskPolicy, part, refTo, route, router } from '../rig/build.js';

const mergeAt = (now: number, startup: Router, ...[parts, more]: [readonly Part[], Partial<MergeInput>?]) =>
  merge({ startup, parts, validate: () => [], ...more }, now);

const names = (config: Router) => config.resources.map(({ metadata }) => metadata.name);

describe('merge', () => {
  const a = route('a');
  const b = route('b');

  it('keeps startup in its order and appends parts by source, apiVersion, kind and name', () => {
    const parts = [
      part('y', { resources: [route('n'), route('m')] }),
      part('x', { resources: [route('z')] }),
    ];
    expect(names(mergeAt(0, router(b, a), parts).effective)).to.deep.equal(['b', 'a', 'z', 'm', 'n']);
  });

  it('counts the newest number of a source alone', () => {
    const parts = [
      part('x', { generation: 2, resources: [a] }),
      part('x', { generation: 1, resources: [b] }),
    ];
    const outcome = mergeAt(0, router(), parts);
    expect(names(outcome.effective)).to.deep.equal(['a']);
    expect(outcome.origins).to.deep.equal([{ resource: refTo(a), source: 'Plugin/x#2' }]);
  });

  it('leaves a part out from the very moment at which its lease ends', () => {
    const parts = [part('x', { resources: [a], expiresAt: 1_000 })];
    expect(names(mergeAt(999, router(), parts).effective)).to.deep.equal(['a']);
    const after = mergeAt(1_000, router(), parts);
    expect(names(after.effective)).to.deep.equal([]);
    expect(after.parts.map(({ status }) => status)).to.deep.equal(['expired']);
  });

  it('sets a part aside whole when it has the identity of a startup resource, and names both places', () => {
    const place = { file: 'router.yaml', line: 7, column: 3 };
    const outcome = mergeAt(0, router(a), [part('x', { resources: [route('a', { metric: 1 }), b] })], {
      placeOf: ref => (refKey(ref) === refKey(refTo(a)) ? place : undefined),
    });
    expect(names(outcome.effective)).to.deep.equal(['a']);
    expect(outcome.parts.map(({ status }) => status)).to.deep.equal(['setAside']);
    const [finding] = outcome.findings;
    expect(finding?.reason).to.equal('ResourceConflict');
    expect(finding?.place).to.deep.equal({ file: 'parts/Plugin-x.yaml' });
    expect(finding?.related?.map(other => other.place)).to.deep.equal([place]);
  });

  it('sets it aside for a startup resource that is masked, too', () => {
    const startup = router(a, maskPolicy('Plugin/w', a));
    const parts = [part('w', { directives: [maskOf(a)] }), part('x', { resources: [route('a')] })];
    const outcome = mergeAt(0, startup, parts);
    expect(outcome.parts.map(({ status }) => status)).to.deep.equal(['active', 'setAside']);
  });

  it('admits parts in byte order of source: of two with one identity the first stays', () => {
    const parts = [part('y', { resources: [a] }), part('x', { resources: [a] })];
    const outcome = mergeAt(0, router(), parts);
    expect(outcome.parts.map(({ part: { source }, status }) => [source, status])).to.deep.equal([
      ['Plugin/x', 'active'],
      ['Plugin/y', 'setAside'],
    ]);
    expect(outcome.findings[0]?.related?.[0]?.place.file).to.equal('parts/Plugin-x.yaml');
  });

  it('lets nothing of a part that is set aside count, neither resources nor masks', () => {
    const startup = router(a, b, maskPolicy('Plugin/x', b));
    const outcome = mergeAt(0, startup, [
      part('x', { resources: [route('a')], directives: [maskOf(b)] }),
      part('y', { resources: [route('c')] }),
    ]);
    expect(names(outcome.effective)).to.deep.equal(['a', 'b', 'allow-Plugin-x', 'c']);
    expect(outcome.suppressed).to.deep.equal([]);
  });

  it('sets a part aside with which the candidate does not validate, and goes on with the next', () => {
    const outcome = mergeAt(
      0,
      router(a),
      [part('x', { resources: [b] }), part('y', { resources: [route('c')] })],
      {
        validate: ({ added }) =>
          added.some(({ metadata }) => metadata.name === 'b')
            ? [{ reason: 'InvalidValue', severity: 'error', message: 'no b' }]
            : [],
      },
    );
    expect(names(outcome.effective)).to.deep.equal(['a', 'c']);
    expect(outcome.findings.map(({ reason, source }) => [reason, source])).to.deep.equal([
      ['PartInvalid', 'Plugin/x#1'],
    ]);
  });

  it('validates the candidate with the masks applied', () => {
    const seen: string[][] = [];
    mergeAt(0, router(a, b, maskPolicy('Plugin/x', a)), [part('x', { directives: [maskOf(a)] })], {
      validate: candidate => {
        seen.push(names(candidate.router()));
        return [];
      },
    });
    expect(seen).to.deep.equal([['b', 'allow-Plugin-x']]);
  });

  describe('masks', () => {
    const policy = maskPolicy('Plugin/x', a);
    const cases: readonly (readonly [string, Resource[], Part, string | undefined])[] = [
      ['allowed by a policy', [a, policy], part('x', { directives: [maskOf(a)] }), undefined],
      ['of another source', [a, policy], part('y', { directives: [maskOf(a)] }), 'MaskNotAllowed'],
      ['of another target', [a, b, policy], part('x', { directives: [maskOf(b)] }), 'MaskNotAllowed'],
      ['without any policy', [a], part('x', { directives: [maskOf(a)] }), 'MaskNotAllowed'],
      [
        'of what startup does not hold',
        [policy],
        part('x', { directives: [maskOf(a)] }),
        'MaskTargetMissing',
      ],
      [
        'of a binding, though a policy allows it',
        [binding('x'), maskPolicy('Plugin/x', binding('x'))],
        part('x', { directives: [maskOf(binding('x'))] }),
        'MaskNotAllowed',
      ],
      [
        'of a policy, though it allows that itself',
        [policy, maskPolicy('Plugin/x', policy)],
        part('x', { directives: [maskOf(policy)] }),
        'MaskNotAllowed',
      ],
    ];
    for (const [name, startup, given, reason] of cases) {
      it(`${name}: ${reason ?? 'counts'}`, () => {
        const outcome = mergeAt(0, router(...startup), [given]);
        expect(outcome.findings.map(finding => finding.reason)).to.deep.equal(
          reason === undefined ? [] : [reason],
        );
        expect(outcome.suppressed).to.have.length(reason === undefined ? 1 : 0);
        expect(outcome.parts.map(({ status }) => status)).to.deep.equal(['active']);
      });
    }

    it('name every source, and last until the latest lease ends', () => {
      const startup = router(a, policy, maskPolicy('Plugin/y', a));
      const parts = [
        part('y', { generation: 3, directives: [maskOf(a, 'second')], expiresAt: 500 }),
        part('x', { directives: [maskOf(a, 'first')], expiresAt: 900 }),
      ];
      const [suppression] = mergeAt(0, startup, parts).suppressed;
      expect(suppression).to.deep.equal({
        resource: refTo(a),
        maskedBy: ['Plugin/x#1', 'Plugin/y#3'],
        maskedUntil: 900,
        reasons: ['first', 'second'],
      });
      expect(mergeAt(500, startup, parts).suppressed[0]?.maskedBy).to.deep.equal(['Plugin/x#1']);
      expect(names(mergeAt(900, startup, parts).effective)).to.include('a');
    });

    it('cannot hide a resource of another part', () => {
      const outcome = mergeAt(0, router(policy), [
        part('w', { resources: [a] }),
        part('x', { directives: [maskOf(a)] }),
      ]);
      expect(names(outcome.effective)).to.include('a');
      expect(outcome.findings.map(({ reason }) => reason)).to.deep.equal(['MaskTargetMissing']);
    });
  });

  describe('as a law', () => {
    const resource = fc.constantFrom('a', 'b', 'c', 'd', 'e').map(name => route(name));
    const anyPart = fc
      .record({
        name: fc.constantFrom('w', 'x', 'y', 'z'),
        generation: fc.integer({ min: 1, max: 3 }),
        expiresAt: fc.integer({ min: 1, max: 20 }),
        resources: fc.uniqueArray(resource, { selector: item => item.metadata.name, maxLength: 3 }),
        masked: fc.uniqueArray(resource, { selector: item => item.metadata.name, maxLength: 2 }),
      })
      .map(({ name, masked, ...content }) =>
        part(name, { ...content, directives: masked.map(target => maskOf(target)) }),
      );
    const parts = fc.uniqueArray(anyPart, {
      selector: ({ source, generation }) => `${source}#${generation}`,
      maxLength: 6,
    });
    const startup = fc
      .tuple(
        fc.uniqueArray(resource, { selector: item => item.metadata.name, maxLength: 4 }),
        fc.uniqueArray(fc.constantFrom('w', 'x', 'y', 'z'), { maxLength: 3 }),
      )
      .map(([resources, allowed]) =>
        router(...resources, ...allowed.map(name => maskPolicy(`Plugin/${name}`, ...resources))),
      );
    const now = fc.integer({ min: 0, max: 25 });

    it('does not depend on the order of parts', () => {
      fc.assert(
        fc.property(startup, parts, now, (config, given, at) => {
          const [one, other] = [mergeAt(at, config, given), mergeAt(at, config, [...given].reverse())];
          expect(other).to.deep.equal(one);
        }),
      );
    });

    it('prints what it makes as anybody would who knows nothing of how it came about', () => {
      fc.assert(
        fc.property(startup, parts, now, (config, given, at) => {
          const { effective } = mergeAt(at, config, given);
          expect(String(routerBytes(effective))).to.equal(printRouter(structuredClone(effective)));
        }),
      );
    });

    it('holds each identity once, and every dynamic resource has a live part', () => {
      fc.assert(
        fc.property(startup, parts, now, (config, given, at) => {
          const outcome = mergeAt(at, config, given);
          const keys = outcome.effective.resources.map(item => refKey(refOf(item)));
          expect(new Set(keys).size).to.equal(keys.length);
          const live = outcome.parts
            .filter(({ status }) => status === 'active')
            .map(({ part: { source, generation } }) => `${source}#${generation}`);
          for (const { source } of outcome.origins) expect([...live, 'startup-config']).to.include(source);
        }),
      );
    });

    it('is startup itself when every lease is over', () => {
      fc.assert(
        fc.property(startup, parts, (config, given) => {
          expect(printRouter(mergeAt(20, config, given).effective)).to.equal(printRouter(config));
        }),
      );
    });

    it('never loses a startup resource but to a mask that the account names', () => {
      fc.assert(
        fc.property(startup, parts, now, (config, given, at) => {
          const outcome = mergeAt(at, config, given);
          const kept = new Set(outcome.effective.resources.map(item => refKey(refOf(item))));
          const masked = new Set(outcome.suppressed.map(({ resource: ref }) => refKey(ref)));
          for (const item of config.resources) {
            const key = refKey(refOf(item));
            expect(kept.has(key)).to.equal(!masked.has(key));
          }
        }),
      );
    });
  });
});
