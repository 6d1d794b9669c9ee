import { expect } from 'chai';
import { chmod, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ValueMap } from '../../protocol/resource.js';
import { route } from '../rig/build.js';
import { addPlugin, answers, pluginResult, printing, proposer, setProgram } from '../rig/config-dir.js';
import type { PluginFiles } from '../rig/config-dir.js';
import { reasonsOf } from '../rig/documents.js';
import type { Plan, PluginEntry } from '../rig/documents.js';
import { routesOf, withGoodPlugin } from '../rig/good-plugin.js';
import { checkState } from '../rig/invariants.js';
import { readPids } from '../rig/plugins.js';
import { untilGone } from '../rig/processes.js';
import { root } from '../rig/root.js';
import { routerctl } from '../rig/routerctl.js';

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
  const { fixture, spoil, ...files } = cases[name] ?? expect.fail('there is no such case');
  const text =
    fixture === undefined
      ? (files.program ?? answers(name, proposal(name)))
      : await readFile(join(root, 'test/fixtures/plugins', fixture), 'utf8');
  const spec = { ...(files.spec ?? proposer), env: { PIDS: join(config, `.pids-${name}`) } };
  await addPlugin(config, name, { ...files, program: text, spec });
  await spoil?.(config, name);
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
});
