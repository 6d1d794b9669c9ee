import { expect } from 'chai';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { addPlugin, answers, setProgram } from '../rig/config-dir.js';
import { run, setting } from '../rig/setting.js';
import { routerctl } from '../rig/routerctl.js';

describe('plugin runs', () => {
  it('lists the runs newest first, failed ones too, without what they printed', async () => {
    const here = await setting();
    await run(here);
    await setProgram(here.config, 'p', '#!/bin/sh\necho on-stdout\necho on-stderr >&2\nexit 3\n');
    await run(here);
    const { stdout, json } = await routerctl(['plugin', 'runs', ...here.where, '-o', 'json']);
    const { items } = json() as {
      readonly items: readonly { plugin: string; outcome: string; run: Record<string, unknown> }[];
    };
    expect(
      items.map(({ plugin, outcome, run: child }) => [plugin, outcome, child['exitCode']]),
    ).to.deep.equal([
      ['p', 'failed', 3],
      ['p', 'accepted', 0],
    ]);
    expect(stdout).to.contain('on-stderr').and.not.to.contain('on-stdout');
    const none = await routerctl(['plugin', 'runs', 'q', ...here.where, '-o', 'json']);
    expect((none.json() as { items: unknown[] }).items).to.deep.equal([]);
  });
});

describe('plugin list', () => {
  it('shows what each plugin may do, what runs it, and what keeps it from running', async () => {
    const here = await setting();
    await addPlugin(here.config, 'broken', { program: answers('broken', {}), ttl: null });
    await rm(join(here.config, 'plugins/broken/bin/broken'));
    const { code, json } = await routerctl(['plugin', 'list', ...here.where, '-o', 'json']);
    expect(code).to.equal(0);
    const { items } = json() as { items: Record<string, unknown>[] };
    const [broken, p] = items;
    expect(broken).to.include({ name: 'broken', runnable: false, boundBy: null });
    expect(p).to.deep.include({
      name: 'p',
      source: 'Plugin/p',
      executable: join(here.config, 'plugins/p/bin/p'),
      capabilities: ['propose.dynamicConfig'],
      triggers: ['every 5m'],
      timeout: '20s',
      boundBy: 'p',
      runnable: true,
      problems: [],
    });
    const { stdout } = await routerctl(['plugin', 'list', '--config', here.config]);
    expect(stdout)
      .to.match(/^NAME +RUNNABLE/)
      .and.to.match(/^p +yes +p +every 5m /m);
  });
});
