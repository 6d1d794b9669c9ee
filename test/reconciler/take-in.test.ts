import { expect } from 'chai';
import { partDigest } from '../../protocol/part.js';
import type { Part } from '../../protocol/part.js';
import type { Proposal } from '../../reconciler/plugin/result.js';
import { takeIn } from '../../reconciler/settle/take-in.js';
import { part, route } from '../rig/build.js';

const content = { resources: [route('a')], directives: [], actionPlans: [] };
const proposal = (more: Partial<Proposal> = {}): Proposal => ({
  ...content,
  digest: partDigest(content),
  events: [],
  observedAt: 500,
  expiresAt: 2_000,
  ...more,
});
const current: Part = part('x', { ...content, generation: 4, observedAt: 100, expiresAt: 1_000 });
const source = 'Plugin/x';

describe('taking in a proposal', () => {
  it('gives the first content of a source the number 1', () => {
    const taken = takeIn(proposal(), { source, lastNumber: 0 }, 600);
    expect(taken).to.deep.equal({ outcome: 'accepted', part: { ...proposal(), source, generation: 1 } });
  });

  it('takes the same content as a renewal: same number, new lease, longer or shorter', () => {
    for (const expiresAt of [5_000, 700]) {
      const taken = takeIn(proposal({ expiresAt }), { source, current, lastNumber: 4 }, 600);
      expect(taken).to.deep.equal({ outcome: 'renewed', part: { ...current, observedAt: 500, expiresAt } });
    }
  });

  it('gives other content the next number, an empty one included', () => {
    const empty = { resources: [], directives: [], actionPlans: [] };
    const taken = takeIn(
      proposal({ ...empty, digest: partDigest(empty) }),
      { source, current, lastNumber: 4 },
      600,
    );
    expect(taken.outcome === 'accepted' && taken.part.generation).to.equal(5);
  });

  it('gives the same content a new number once the lease was over', () => {
    const taken = takeIn(proposal(), { source, current, lastNumber: 4 }, 1_000);
    expect(taken.outcome === 'accepted' && taken.part.generation).to.equal(5);
  });

  it('never gives a number twice, whatever is left of earlier parts', () => {
    const taken = takeIn(proposal(), { source, lastNumber: 9 }, 600);
    expect(taken.outcome === 'accepted' && taken.part.generation).to.equal(10);
  });

  it('refuses what was observed before the part in force', () => {
    const taken = takeIn(proposal({ observedAt: 99 }), { source, current, lastNumber: 4 }, 600);
    expect(taken.outcome === 'rejected' && taken.problem.reason).to.equal('StaleObservation');
  });

  it('takes what was observed before a part from the future, which a clock that was set back leaves', () => {
    const ahead = { ...current, observedAt: 700, expiresAt: 1_600 };
    expect(takeIn(proposal(), { source, current: ahead, lastNumber: 4 }, 600).outcome).to.equal('renewed');
  });

  it('refuses what is over by the time that it is taken in, new content and renewal alike', () => {
    for (const state of [
      { source, lastNumber: 4 },
      { source, current: { ...current, expiresAt: 9_000 }, lastNumber: 4 },
    ]) {
      const taken = takeIn(proposal(), state, 2_000);
      expect(taken.outcome === 'rejected' && taken.problem.reason).to.equal('BornExpired');
    }
  });

  it('takes what was observed before a part whose lease is over', () => {
    expect(takeIn(proposal({ observedAt: 99 }), { source, current, lastNumber: 4 }, 1_000).outcome).to.equal(
      'accepted',
    );
  });
});
