import { expect } from 'chai';
import { soak } from './soak-run.js';

describe('the soak run, shortened', () => {
  it('holds no file open longer and leaves few loose objects', async function () {
    this.timeout(120_000);
    const { fdsStart, fdsEnd, looseMost } = await soak(60);
    expect(fdsEnd).to.equal(fdsStart);
    expect(looseMost).to.be.within(1, 2_000);
  });
});
