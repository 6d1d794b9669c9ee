import { expect } from 'chai';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { runPass } from '../../reconciler/pass.js';
import type { PassReport } from '../../reconciler/report.js';
import type { Suppositions } from '../../reconciler/suppose/suppositions.js';
import { binding, maskPolicy, route } from '../rig/build.js';
import { addPlugin, answers, configDir, routerFile } from '../rig/config-dir.js';
import { listing } from '../rig/listing.js';
import { must, noon, searchPath } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

interface Place {
  readonly config: string;
  readonly state: string;
}

/** A whole pass at a moment of its own. */
async function passAt({ config, state }: Place, now: number, suppose?: Suppositions): Promise<PassReport> {
  return must(
    await runPass({
      config: { path: config, stateDir: state, schemaFiles: [] },
      state: { path: state, searchPath },
      dryRun: suppose !== undefined,
      ...(suppose === undefined ? {} : { suppose }),
      engineVersion: '0.0.0',
      operator: 'operator',
      clock: () => now,
      lockTimeoutMs: 10_000,
      command: 'test',
    }),
  );
}

const ttlMs = 300_000;
const end = noon + ttlMs;
const leastTime = 1;

/** At noon: a plugin that runs on events alone proposes a route and masks `default`, for five minutes. */
async function leased(): Promise<Place> {
  const config = await configDir({
    'router.yaml': routerFile(
      route('default'),
      { ...binding('p'), spec: { pluginRef: 'p', ttl: '300s' } },
      maskPolicy('Plugin/p', route('default')),
    ),
  });
  const mask = {
    op: 'mask',
    target: { apiVersion: route('').apiVersion, kind: 'IPv4Route', name: 'default' },
  };
  await addPlugin(config, 'p', {
    program: answers('p', { resources: [route('of-p')], directives: [mask] }),
    spec: { capabilities: ['propose.dynamicConfig'], triggers: [{ type: 'event', topic: 'never' }] },
    ttl: null,
  });
  const place = { config, state: join(await tempDir(), 'S') };
  expect((await passAt(place, noon)).settlement?.generation.next).to.equal(1);
  return place;
}

const names = ({ settlement }: PassReport) =>
  settlement?.merged.effective.resources
    .filter(({ kind }) => kind === 'IPv4Route')
    .map(({ metadata }) => metadata.name);

describe('a dry-run at a time', () => {
  it('has a lease that ends at T out at T, and in force a millisecond before', async () => {
    const place = await leased();
    expect(names(await passAt(place, noon, { at: end }))).to.deep.equal(['default']);
    expect(names(await passAt(place, noon, { at: end - leastTime }))).to.deep.equal(['of-p']);
  });

  it('predicts the hash that letting the clock reach T gives', async () => {
    for (const at of [end - leastTime, end, end + 3_600_000]) {
      const place = await leased();
      const before = await listing(place.state);
      const predicted = await passAt(place, noon, { at });
      expect(await listing(place.state)).to.deep.equal(before);
      const real = await passAt(place, at);
      expect(predicted.settlement?.effectiveConfigHash).to.deep.equal(real.settlement?.effectiveConfigHash);
      expect(predicted.settlement?.generation).to.deep.equal(real.settlement?.generation);
      expect(predicted.settlement?.changes).to.deep.equal(real.settlement?.changes);
      expect(predicted.settlement?.commit?.message).to.equal(real.settlement?.commit?.message);
    }
  });

  it('leaves the state as it was, so that what comes is the same with and without it', async () => {
    const place = await leased();
    const copy = join(await tempDir(), 'S');
    await cp(place.state, copy, { recursive: true, preserveTimestamps: true });
    await passAt(place, noon, { at: end });
    const asked = await passAt(place, noon + 1_000);
    const never = await passAt({ ...place, state: copy }, noon + 1_000);
    expect(asked.settlement?.effectiveConfigHash).to.deep.equal(never.settlement?.effectiveConfigHash);
    expect(names(asked)).to.deep.equal(['of-p']);
  });
});
