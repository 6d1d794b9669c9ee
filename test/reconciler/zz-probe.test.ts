import { DaemonRig, proposing } from '../rig/daemon-rig.js';
import { answeringAfter } from '../rig/driven-plugins.js';
describe('probe', () => {
  it('times', async function () {
    this.timeout(100_000);
    const rig = await DaemonRig.create();
    await rig.add('p', { every: '300s' });
    rig.plugins.behave('p', answeringAfter(rig.clock, 9_000, () => proposing('a')));
    await rig.start();
    let t = Date.now();
    await rig.advance(10_000);
    console.log('accept', Date.now() - t, JSON.stringify(rig.log).slice(0,1500));
    t = Date.now();
    for (let i = 0; i < 10; i++) await rig.look();
    console.log('10 looks', Date.now() - t);
    t = Date.now();
    await rig.advance(3_600_000);
    console.log('hour', Date.now() - t, rig.plugins.runs.length, rig.subjects());
    await rig.stop();
  });
});
