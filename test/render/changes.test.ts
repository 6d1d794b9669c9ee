import { expect } from 'chai';
import { changesBetween, emptySnapshot } from '../../render/changes.js';
import type { Snapshot } from '../../render/changes.js';
import { merge } from '../../render/merge.js';
import type { Part } from '../../protocol/part.js';
import type { Resource } from '../../protocol/resource.js';
import { maskOf, maskPolicy, part, route, router } from '../rig/build.js';

const inForce = (startup: readonly Resource[], parts: readonly Part[] = [], now = 0): Snapshot =>
  merge({ startup: router(...startup), parts, validate: () => [] }, now);

const brief = (before: Snapshot, after: Snapshot, endings?: ReadonlyMap<string, string>) =>
  changesBetween(before, after, endings).map(
    ({ action, resource, source, reason }) => `${action} ${resource.name} ${source}: ${reason}`,
  );

describe('changes between two generations', () => {
  const [a, b] = [route('a'), route('b')];
  const policy = maskPolicy('Plugin/x', a);
  const masking = part('x', { directives: [maskOf(a, 'a is served elsewhere')], expiresAt: 60_000 });

  it('tells what came and what went', () => {
    expect(brief(inForce([a]), inForce([b]))).to.deep.equal([
      'added b startup-config: new in startup-config',
      'removed a startup-config: no longer in startup-config',
    ]);
  });

  it('names the fields that changed', () => {
    const [change] = changesBetween(
      inForce([route('a', { metric: 1, list: [1, 2], 'odd key': true })]),
      inForce([route('a', { metric: 2, list: [1, 3] })]),
    );
    expect(change?.action).to.equal('changed');
    expect(change?.fields).to.deep.equal(['spec.list[1]', 'spec.metric', 'spec["odd key"]']);
  });

  it('is empty where only the order of keys differs', () => {
    const one = route('a', { x: { b: 1, c: 2 } });
    const other = { ...route('a', { x: { c: 2, b: 1 } }) };
    expect(changesBetween(inForce([one]), inForce([other]))).to.deep.equal([]);
  });

  it('tells a mask from a removal, and its end from an addition', () => {
    const [change, ...rest] = changesBetween(inForce([a, policy]), inForce([a, policy], [masking]));
    expect(rest).to.deep.equal([]);
    expect(change).to.deep.include({
      action: 'masked',
      source: 'Plugin/x#1',
      reason: 'a is served elsewhere',
      until: '1970-01-01T00:01:00Z',
    });
    expect(
      brief(
        inForce([a, policy], [masking]),
        inForce([a, policy]),
        new Map([['Plugin/x#1', 'its lease ended']]),
      ),
    ).to.deep.equal(['unmasked a Plugin/x#1: its lease ended']);
  });

  it('says why a dynamic resource went', () => {
    const before = inForce([], [part('x', { resources: [a], generation: 4 })]);
    expect(brief(before, inForce([]), new Map([['Plugin/x#4', 'its lease ended']]))).to.deep.equal([
      'removed a Plugin/x#4: its lease ended',
    ]);
    expect(brief(before, inForce([], [part('x', { generation: 5 })]))).to.deep.equal([
      'removed a Plugin/x#4: it no longer proposes this',
    ]);
  });

  it('starts from nothing', () => {
    expect(brief(emptySnapshot, inForce([a, policy], [masking]))).to.deep.equal([
      'added allow-Plugin-x startup-config: new in startup-config',
      'masked a Plugin/x#1: a is served elsewhere',
    ]);
  });
});
