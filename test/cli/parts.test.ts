import { expect } from 'chai';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ValueMap } from '../../protocol/resource.js';
import { route } from '../rig/build.js';
import { replaceIn } from '../rig/cloudedge.js';
import { addPlugin, answers, proposer, setProgram } from '../rig/config-dir.js';
import { reasonsOf } from '../rig/documents.js';
import type { Plan } from '../rig/documents.js';
import { routesOf, withGoodPlugin } from '../rig/good-plugin.js';
import { checkState } from '../rig/invariants.js';
import { routerctl } from '../rig/routerctl.js';

const manifest = (config: string, name: string): string => join(config, 'plugins', name, 'plugin.yaml');

describe('a part', () => {
  /** What can befall the plugin of a part, and how that is told. None of it ends the part. */
  const misfortunes: Readonly<
    Record<string, readonly [reason: string, spoil: (config: string) => Promise<void>]>
  > = {
    'good-answer-then-failure': [
      'PluginExited',
      config => setProgram(config, 'good-answer-then-failure', `${answers('x', {})}exit 3\n`),
    ],
    'half-an-answer': [
      'OutputInvalid',
      config => setProgram(config, 'half-an-answer', "#!/bin/sh\nprintf '{'\n"),
    ],
    'program-of-others': [
      'ExecutableUntrusted',
      config => chmod(join(config, 'plugins/program-of-others/bin/program-of-others'), 0o777),
    ],
    'manifest-with-other-name': [
      'ManifestInvalid',
      config => replaceIn(manifest(config, 'manifest-with-other-name'), '"name":"m', '"name":"n'),
    ],
    'manifest-that-is-no-yaml': [
      'YamlSyntax',
      config => replaceIn(manifest(config, 'manifest-that-is-no-yaml'), '"spec":', '"spec": ['),
    ],
    'manifest-of-something-else': [
      'ManifestInvalid',
      config =>
        replaceIn(manifest(config, 'manifest-of-something-else'), '"kind":"Plugin"', '"kind":"Plug-in"'),
    ],
  };

  it('lives on when its plugin or its manifest turns bad', async () => {
    const { config, state, where } = await withGoodPlugin();
    for (const name of Object.keys(misfortunes)) {
      await addPlugin(config, name, { program: answers(name, { resources: [route(`of-${name}`)] }) });
    }
    expect((await routerctl(['reconcile', ...where])).code).to.equal(0);
    for (const [, spoil] of Object.values(misfortunes)) await spoil(config);
    const { code, json } = await routerctl(['reconcile', ...where, '-o', 'json']);
    expect(code).to.equal(1);
    const { problems, plugins, commit } = json() as Plan;
    expect(problems, 'the startup-config itself is good').to.deep.equal([]);
    expect(commit).to.equal(null);
    expect(Object.fromEntries(plugins.map(({ name, problems: of }) => [name, reasonsOf(of)]))).to.deep.equal({
      good: [],
      ...Object.fromEntries(Object.entries(misfortunes).map(([name, [reason]]) => [name, [reason]])),
    });
    const commits = await checkState(state);
    expect(commits).to.have.length(2);
    const routes = routesOf(commits[1]?.files.get('effective-config.yaml') ?? '');
    expect(routes).to.include.members(Object.keys(misfortunes).map(name => `of-${name}`));
  });

  it('ends at the next pass when its plugin is unbound, may not propose or is gone, for good', async () => {
    const { config, state, where } = await withGoodPlugin();
    const names = ['unbound', 'silenced', 'gone'];
    for (const name of names) {
      await addPlugin(config, name, { program: answers(name, { resources: [route(`of-${name}`)] }) });
    }
    expect((await routerctl(['reconcile', ...where])).code).to.equal(0);
    await rm(join(config, 'sources/unbound.yaml'));
    await rm(join(config, 'sources/gone.yaml'));
    await rm(join(config, 'plugins/gone'), { recursive: true });
    await addPlugin(config, 'silenced', {
      program: answers('silenced', {}),
      spec: { ...proposer, capabilities: ['observe.cloud'] },
    });

    const { code, json } = await routerctl(['reconcile', ...where, '-o', 'json']);
    expect(code).to.equal(0);
    const sources = ['gone', 'silenced', 'unbound'].map(name => `Plugin/${name}`);
    expect((json() as Plan).findings.map(({ reason, source }) => [reason, source])).to.deep.equal(
      sources.map(source => ['PartUnbound', `${source}#1`]),
    );
    const third = (await checkState(state)).at(-1);
    expect(third?.trailers.get('Trigger')).to.include.members(sources.map(source => `unbound ${source}`));
    expect(routesOf(third?.files.get('effective-config.yaml') ?? '')).to.deep.equal(['default', 'good-1']);
    expect([...(third?.files.keys() ?? [])].filter(path => path.startsWith('parts/'))).to.deep.equal([
      'parts/Plugin-good.yaml',
    ]);
    // What they say from now on is not taken in and dropped again by turns.
    await routerctl(['plugin', 'run', 'silenced', ...where]);
    await routerctl(['reconcile', ...where]);
    expect(await checkState(state)).to.have.length(3);
  });

  it('is set aside whole when one of its resources is there already, and says where both are', async () => {
    const { config, state, where } = await withGoodPlugin();
    const clash = { resources: [route('default'), route('of-clash')] };
    await addPlugin(config, 'clash', { program: answers('clash', clash) });
    await addPlugin(config, 'late', { program: answers('late', { resources: [route('good-1')] }) });
    const { code, json } = await routerctl(['reconcile', ...where, '-o', 'json']);
    expect(code, 'findings alone never fail a command').to.equal(0);
    const { findings } = json() as Plan;
    expect(
      findings.map(({ reason, source, resource, related }) => [
        reason,
        source,
        resource?.name,
        related?.[0]?.place.file,
      ]),
    ).to.deep.equal([
      ['ResourceConflict', 'Plugin/clash#1', 'default', 'router.yaml'],
      ['ResourceConflict', 'Plugin/late#1', 'good-1', 'parts/Plugin-good.yaml'],
    ]);
    const last = (await checkState(state)).at(-1);
    expect(routesOf(last?.files.get('effective-config.yaml') ?? '')).to.deep.equal(['default', 'good-1']);
    const listed = await routerctl(['dynamic', 'list', '--state', state, '-o', 'json']);
    expect(
      (listed.json() as { items: { source: string; status: string }[] }).items.map(
        ({ source, status }) => `${source} ${status}`,
      ),
    ).to.deep.equal(['Plugin/clash setAside', 'Plugin/good active', 'Plugin/late setAside']);
  });

  it('stays when its mask is ignored, because no policy allows it', async () => {
    const { config, state, where } = await withGoodPlugin();
    const mask = (name: string): ValueMap => ({
      op: 'mask',
      target: { apiVersion: 'net.routerd.net/v1alpha1', kind: 'IPv4Route', name },
    });
    const masks = { resources: [route('of-masker')], directives: [mask('default')] };
    await addPlugin(config, 'masker', { program: answers('masker', masks) });
    const { code, stderr } = await routerctl(['reconcile', ...where]);
    expect(code).to.equal(0);
    expect(stderr).to.contain('[MaskNotAllowed]');
    const last = (await checkState(state)).at(-1);
    expect(routesOf(last?.files.get('effective-config.yaml') ?? '')).to.deep.equal([
      'default',
      'good-1',
      'of-masker',
    ]);
  });

  it('can forge neither a trailer nor a command to the terminal', async () => {
    const { config, state, where } = await withGoodPlugin();
    const hostile = '\u001b[2Jx\n\nGeneration: 99\nTrigger: config /etc/passwd\n\u202egnp.exe';
    const policy = {
      apiVersion: 'config.routerd.net/v1alpha1',
      kind: 'DynamicOverridePolicy',
      metadata: { name: 'hostile' },
      spec: {
        allow: [
          {
            source: 'Plugin/hostile',
            operations: ['mask'],
            targets: [{ apiVersion: 'net.routerd.net/v1alpha1', kind: 'IPv4Route', name: 'default' }],
          },
        ],
      },
    };
    await writeFile(join(config, 'policy.yaml'), JSON.stringify(policy));
    const status = {
      directives: [
        {
          op: 'mask',
          target: { apiVersion: 'net.routerd.net/v1alpha1', kind: 'IPv4Route', name: 'default' },
          reason: hostile,
        },
      ],
      events: [{ type: hostile, message: hostile }],
    };
    await addPlugin(config, 'hostile', {
      program: `${answers('hostile', status)}printf '\\033[2J' >&2\n`,
    });
    await addPlugin(config, 'loud', {
      program: "#!/bin/sh\nprintf '\\033]0;x\\007\\302\\233' >&2\nexit 1\n",
    });
    const runs = [
      await routerctl(['reconcile', ...where]),
      await routerctl(['reconcile', '--dry-run', ...where, '-o', 'json']),
      await routerctl(['plugin', 'runs', ...where, '-o', 'json']),
      await routerctl(['plugin', 'runs', ...where]),
      await routerctl(['dynamic', 'describe', 'hostile', ...where]),
      await routerctl(['dynamic', 'describe', 'hostile', ...where, '-o', 'yaml']),
      await routerctl(['generation', 'show', '2', ...where]),
    ];
    for (const { stdout, stderr } of runs) {
      // eslint-disable-next-line no-control-regex
      expect(stdout + stderr).not.to.match(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    }
    const last = (await checkState(state)).at(-1);
    expect(last?.trailers.get('Generation')).to.deep.equal(['2']);
    expect(last?.trailers.get('Trigger')).to.have.members([
      'config policy.yaml',
      'config sources/hostile.yaml',
      'config sources/loud.yaml',
      'config plugins/hostile/plugin.yaml',
      'config plugins/loud/plugin.yaml',
      'interval hostile',
    ]);
  });
});
