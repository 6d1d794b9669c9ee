import { expect } from 'chai';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { ValueMap } from '../../protocol/resource.js';
import { route } from '../rig/build.js';
import {
  addPlugin,
  answers,
  configDir,
  pluginResult,
  printing,
  proposer,
  routerFile,
  setProgram,
} from '../rig/config-dir.js';
import type { PluginFiles } from '../rig/config-dir.js';
import { reasonsOf } from '../rig/documents.js';
import type { Plan, PluginEntry } from '../rig/documents.js';
import { checkState } from '../rig/invariants.js';
import { readPids } from '../rig/plugins.js';
import { untilGone } from '../rig/processes.js';
import { root } from '../rig/root.js';
import { routerctl } from '../rig/routerctl.js';
import { tempDir } from '../rig/temp.js';

interface Case extends Partial<PluginFiles> {
  /** What the pass says about it, and why. */
  readonly outcome: string;
  readonly reasons: readonly string[];
  /** A program of test/fixtures/plugins; its children are gone after the pass. */
  readonly fixture?: string;
  /** Done to the config directory after the plugin was added. */
  readonly spoil?: (config: string, name: string) => Promise<void>;
}

/** A route that would show in the effective-config if anything of this plugin's output were used. */
const proposal = (name: string): ValueMap => ({ resources: [route(`of-${name}`)] });
const resultText = (name: string, status: ValueMap = proposal(name)): string =>
  JSON.stringify(pluginResult(name, status));
const impatient: ValueMap = { ...proposer, timeout: '300ms' };
const program = (config: string, name: string): string => join(config, 'plugins', name, 'bin', name);
const plan = { name: 'p', provider: 'oci', action: 'ensure-forwarding-enabled' };

/** A program that prints something good and then does something bad. */
const goodThen = (name: string, then: string): string => `${printing(resultText(name))}${then}\n`;

const failed = (reason: string) => ({ outcome: 'failed', reasons: [reason] });
const rejected = (...reasons: string[]) => ({ outcome: 'rejected', reasons });
const accepted = (...reasons: string[]) => ({ outcome: 'accepted', reasons });

const cases: Readonly<Record<string, Case>> = {
  // Processes that misbehave
  hangs: { ...failed('PluginTimedOut'), fixture: 'hangs', spec: impatient },
  'ignores-sigterm': { ...failed('PluginTimedOut'), fixture: 'ignores-sigterm', spec: impatient },
  'leaves-child': { ...failed('OutputHeldOpen'), fixture: 'leaves-child-holding-stdout' },
  'prints-without-end': { ...failed('OutputTooLarge'), fixture: 'prints-without-end' },
  'exits-3': { ...failed('PluginExited'), program: goodThen('exits-3', 'exit 3') },
  'dies-by-signal': { ...failed('PluginKilled'), program: goodThen('dies-by-signal', 'kill -s KILL $$') },
  'closes-stdin': {
    ...accepted(),
    program: printing(resultText('closes-stdin')).replace('cat > /dev/null', 'exec < /dev/null'),
  },
  'floods-stderr': {
    ...accepted(),
    program: `${printing(resultText('floods-stderr'))}dd if=/dev/zero bs=65536 count=64 2> /dev/null | tr '\\0' x >&2\n`,
  },
  // Programs that may not or cannot run
  missing: {
    ...failed('ExecutableMissing'),
    spoil: async (config, name) => {
      await rm(program(config, name));
    },
  },
  'not-executable': {
    ...failed('ExecutableNotExecutable'),
    spoil: async (config, name) => {
      await chmod(program(config, name), 0o644);
    },
  },
  'writable-by-others': {
    ...failed('ExecutableUntrusted'),
    spoil: async (config, name) => {
      await chmod(program(config, name), 0o777);
    },
  },
  'in-writable-folder': {
    ...failed('ExecutableUntrusted'),
    spoil: async (config, name) => {
      await chmod(join(config, 'plugins', name, 'bin'), 0o777);
    },
  },
  'no-interpreter': { ...failed('ExecutableInvalid'), program: '#!/nonexistent/interpreter\n' },
  // Output that is not one document
  'prints-half-a-json': { ...rejected('OutputInvalid'), fixture: 'prints-half-a-json' },
  'exits-at-once': { ...rejected('OutputEmpty'), fixture: 'exits-at-once' },
  'two-documents': {
    ...rejected('OutputInvalid'),
    program: printing(`${resultText('two-documents')}\n---\n${resultText('two-documents')}`),
  },
  'trailing-text': {
    ...rejected('OutputInvalid'),
    program: printing(`${resultText('trailing-text')}\ndone`),
  },
  aliases: {
    ...rejected('OutputInvalid'),
    program: printing(resultText('aliases').replace('"10.0.0.0/8"', '&a "10.0.0.0/8"')),
  },
  'too-deep': {
    ...rejected('OutputInvalid'),
    program: "#!/bin/sh\nhead -c 100000 /dev/zero | tr '\\0' '['\n",
  },
  'not-utf8': { ...rejected('OutputInvalid'), program: '#!/bin/sh\nprintf \'{"a": "\\377"}\'\n' },
  'big-number': {
    ...rejected('OutputInvalid'),
    program: printing(
      resultText('big-number').replace('{"destination"', '{"metric":9007199254740993,"destination"'),
    ),
  },
  'same-key-twice': {
    ...rejected('OutputInvalid'),
    program: printing(resultText('same-key-twice').replace('"status"', '"status":{},"status"')),
  },
  // Documents that are no result of this plugin
  'other-name': { ...rejected('WrongPlugin'), program: answers('exits-3', proposal('other-name')) },
  'other-kind': {
    ...rejected('WrongKind'),
    program: printing(resultText('other-kind').replace('PluginResult', 'PluginRequest')),
  },
  'no-status': {
    ...rejected('StatusMissing'),
    program: printing(JSON.stringify({ ...pluginResult('no-status', {}), status: undefined })),
  },
  // Results that ask for too much, or say it wrongly
  'identity-twice': {
    ...rejected('DuplicateInResult'),
    program: answers('identity-twice', {
      resources: [route('of-identity-twice'), route('of-identity-twice')],
    }),
  },
  'grants-itself-rights': {
    ...rejected('ForbiddenKind'),
    program: answers('grants-itself-rights', {
      resources: [
        route('of-grants-itself-rights'),
        {
          apiVersion: 'config.routerd.net/v1alpha1',
          kind: 'DynamicOverridePolicy',
          metadata: { name: 'mine' },
          spec: { allow: [] },
        },
      ],
    }),
  },
  'no-capability': {
    ...rejected('CapabilityMissing'),
    spec: { ...proposer, capabilities: ['observe.cloud'] },
  },
  'wants-execution': {
    ...rejected('ExecuteModeForbidden'),
    program: answers('wants-execution', {
      ...proposal('wants-execution'),
      actionPlans: [{ ...plan, mode: 'execute' }],
    }),
    spec: { ...proposer, capabilities: ['propose.dynamicConfig', 'propose.providerAction'] },
  },
  'bad-plan': {
    ...rejected('InvalidActionPlan'),
    program: answers('bad-plan', {
      ...proposal('bad-plan'),
      actionPlans: [{ ...plan, action: 'assign-secondary-ip', target: { address: '10.0.0.1' } }],
    }),
    spec: { ...proposer, capabilities: ['propose.dynamicConfig', 'propose.providerAction'] },
  },
  'unknown-field': {
    ...rejected('InvalidResource'),
    program: answers('unknown-field', { resources: [route('of-unknown-field', { gatway: '10.0.0.1' })] }),
  },
  'bad-name': {
    ...rejected('InvalidResource'),
    program: answers('bad-name', { resources: [route('../../etc/passwd')] }),
  },
  'bad-ttl': {
    ...rejected('ResultInvalid'),
    program: answers('bad-ttl', { ...proposal('bad-ttl'), ttl: '0s' }),
  },
  'born-expired': {
    ...rejected('BornExpired'),
    program: answers('born-expired', { ...proposal('born-expired'), observedAt: '2020-01-01T00:00:00Z' }),
  },
  // What is taken all the same, with a word about it
  'long-ttl': {
    ...accepted('TtlCapped'),
    program: answers('long-ttl', { ...proposal('long-ttl'), ttl: '24h' }),
  },
  'clock-ahead': {
    ...accepted('ClockAhead'),
    program: answers('clock-ahead', { ...proposal('clock-ahead'), observedAt: '2099-01-01T00:00:00Z' }),
  },
  'unknown-result-field': {
    ...accepted('UnknownResultField'),
    program: answers('unknown-result-field', { ...proposal('unknown-result-field'), resorces: [] }),
  },
  'plans-without-right': {
    ...accepted('PlanNotImportable'),
    program: answers('plans-without-right', { ...proposal('plans-without-right'), actionPlans: [plan] }),
  },
  yaml: {
    ...accepted(),
    program: printing(
      `# YAML, with comments\n${resultText('yaml').replace('{"resources"', '{observedAt: null, "resources"').replace('observedAt: null, ', '')}`,
    ),
  },
  'byte-order-mark': {
    ...accepted(),
    program: printing(resultText('byte-order-mark')).replace("END OF OUTPUT'\n", "END OF OUTPUT'\n\ufeff"),
  },
  unbound: { outcome: 'notBound', reasons: ['NotBound'], ttl: null },
  executor: { outcome: 'notDue', reasons: [], spec: { capabilities: ['execute.providerAction'] } },
};

async function addCase(config: string, name: string): Promise<void> {
  const { fixture, spoil, outcome: _outcome, reasons: _reasons, ...files } = cases[name] ?? neverCase();
  const text =
    fixture === undefined
      ? (files.program ?? answers(name, proposal(name)))
      : await readFile(join(root, 'test/fixtures/plugins', fixture), 'utf8');
  const spec = { ...(files.spec ?? proposer), env: { PIDS: join(config, `.pids-${name}`) } };
  await addPlugin(config, name, { ...files, program: text, spec });
  await spoil?.(config, name);
}

function neverCase(): never {
  throw new Error('there is no such case');
}

/** A config directory with a router and one plugin that behaves, reconciled once. */
async function withGoodPlugin(): Promise<{ config: string; state: string; where: readonly string[] }> {
  const config = await configDir({ 'router.yaml': routerFile(route('default')) });
  await addPlugin(config, 'good', { program: answers('good', { resources: [route('good-1')] }) });
  const state = join(await tempDir(), 'S');
  const where = ['--config', config, '--state', state];
  expect((await routerctl(['reconcile', ...where])).code).to.equal(0);
  return { config, state, where };
}

function routesOf(text: string): string[] {
  const { spec } = parse(text) as { spec: { resources: { kind: string; metadata: { name: string } }[] } };
  return spec.resources.filter(({ kind }) => kind === 'IPv4Route').map(({ metadata }) => metadata.name);
}

describe('bad plugins', () => {
  describe('all of them in one pass', () => {
    let config = '';
    let state = '';
    let code: number | null = null;
    let stderr = '';
    let result: Plan;
    let effective = '';
    let byName: ReadonlyMap<string, PluginEntry>;

    before(async () => {
      const here = await withGoodPlugin();
      ({ config, state } = here);
      for (const name of Object.keys(cases)) await addCase(config, name);
      await setProgram(config, 'good', answers('good', { resources: [route('good-2')] }));
      const ended = await routerctl(['reconcile', ...here.where, '-o', 'json']);
      ({ code, stderr } = ended);
      result = ended.json() as Plan;
      byName = new Map(result.plugins.map(plugin => [plugin.name, plugin]));
      const commits = await checkState(state);
      effective = commits.at(-1)?.files.get('effective-config.yaml') ?? '';
      for (const [name, { fixture }] of Object.entries(cases)) {
        if (fixture === undefined) continue;
        const pids = await readPids(join(config, `.pids-${name}`)).catch(() => []);
        await untilGone(pids);
      }
    });

    for (const [name, { outcome, reasons }] of Object.entries(cases)) {
      it(`${name}: ${[outcome, ...reasons].join(' ')}`, () => {
        const plugin = byName.get(name);
        expect(plugin?.outcome).to.equal(outcome);
        expect([...new Set(reasonsOf(plugin?.problems ?? []))]).to.deep.equal(reasons);
        for (const problem of plugin?.problems ?? []) {
          const bad = outcome === 'failed' || outcome === 'rejected';
          expect(problem.severity === 'error', problem.message).to.equal(bad);
        }
      });
    }

    it('exits with 1 and says nothing but JSON', () => {
      expect([code, stderr]).to.deep.equal([1, '']);
    });

    it('takes the result of the good one all the same', () => {
      expect(byName.get('good')).to.include({ outcome: 'accepted', why: 'its inputs changed' });
      expect(result.generation).to.deep.equal({ current: 1, next: 2 });
      expect(routesOf(effective)).to.include('good-2').and.not.include('good-1');
    });

    it('uses nothing that a failed or rejected one has printed', () => {
      const used = Object.entries(cases)
        .filter(([, { outcome }]) => outcome === 'accepted')
        .map(([name]) => `of-${name}`);
      expect(routesOf(effective).sort()).to.deep.equal(['default', 'good-2', ...used].sort());
    });
  });

  it('lets a part live on when its plugin turns bad, and leaves HEAD alone', async () => {
    for (const bad of ['exits-3', 'prints-half-a-json', 'writable-by-others'] as const) {
      const { config, state, where } = await withGoodPlugin();
      if (bad === 'writable-by-others') await chmod(program(config, 'good'), 0o777);
      else {
        const text = bad === 'exits-3' ? goodThen('good', 'exit 3') : "#!/bin/sh\nprintf '{'\n";
        await setProgram(config, 'good', text);
      }
      const { code, json } = await routerctl(['reconcile', ...where, '-o', 'json']);
      expect(code, bad).to.equal(1);
      expect((json() as Plan).commit, bad).to.equal(null);
      const [first, ...more] = await checkState(state);
      expect(more, bad).to.deep.equal([]);
      expect(routesOf(first?.files.get('effective-config.yaml') ?? '')).to.deep.equal(['default', 'good-1']);
    }
  });

  it('fails no command for what it only warns about', async () => {
    const { config, state, where } = await withGoodPlugin();
    for (const name of [
      'long-ttl',
      'clock-ahead',
      'plans-without-right',
      'unknown-result-field',
      'unbound',
    ]) {
      await addCase(config, name);
    }
    const { code, stderr } = await routerctl(['reconcile', ...where]);
    expect(code).to.equal(0);
    for (const reason of ['TtlCapped', 'ClockAhead', 'PlanNotImportable', 'UnknownResultField', 'NotBound']) {
      expect(stderr).to.contain(`[${reason}]`);
    }
    expect(await checkState(state)).to.have.length(2);
  });

  it('sets a part aside whole when one of its resources is there already, and says where both are', async () => {
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

  it('ignores a mask that no policy allows, and keeps the part', async () => {
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
