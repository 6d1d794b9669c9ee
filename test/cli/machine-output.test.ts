import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { ValueMap } from '../../protocol/resource.js';
import { route } from '../rig/build.js';
import {
  addPlugin,
  answers,
  configDir,
  copyExample,
  proposer,
  routerFile,
  setProgram,
} from '../rig/config-dir.js';
import { routerctl, shell } from '../rig/routerctl.js';
import type { Ended } from '../rig/routerctl.js';
import { searchPath, userGit } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

/** Every secret of the scenario; each stands for one way in which one can come in. */
const secret = /s3cret-[a-z]+/g;

const tunnel = (password: string): ValueMap => ({
  apiVersion: 'example.org/v1',
  kind: 'Tunnel',
  metadata: { name: 'tunnel', annotations: { 'example.org/token': 's3cret-annotation' } },
  spec: {
    peer: '192.0.2.1',
    password,
    nested: { API_Token: 's3cret-nested', list: [{ psk: ['s3cret-list'] }] },
    credentials: { user: 's3cret-map' },
    keyFile: '/s3cret-path/of-a-key',
    passwordFrom: { file: '/s3cret-path/of-a-password' },
  },
});

const part = (token: string): ValueMap => ({
  resources: [
    {
      apiVersion: 'example.org/v1',
      kind: 'Tunnel',
      metadata: { name: 'proposed' },
      spec: { token, peer: '192.0.2.2' },
    },
  ],
  actionPlans: [
    {
      name: 'p',
      provider: 'oci',
      action: 'ensure-forwarding-enabled',
      parameters: { authKey: 's3cret-parameter', region: 'eu-1' },
    },
  ],
});

interface Scenario {
  readonly config: string;
  readonly state: string;
  readonly where: readonly string[];
}

const spec: ValueMap = {
  ...proposer,
  capabilities: ['propose.dynamicConfig', 'propose.providerAction'],
  env: { ENDPOINT: 's3cret-environment' },
};

/** Two generations of a configuration that is full of secrets, and an edit that waits to become the third. */
async function scenario(): Promise<Scenario> {
  const config = await configDir({ 'router.yaml': routerFile(tunnel('s3cret-first'), route('default')) });
  const state = join(await tempDir(), 'S');
  const where = ['--config', config, '--state', state];
  await addPlugin(config, 'p', { program: answers('p', part('s3cret-part')), spec });
  expect((await routerctl(['reconcile', ...where])).code).to.equal(0);
  await writeFile(join(config, 'router.yaml'), routerFile(tunnel('s3cret-second'), route('other')));
  await setProgram(config, 'p', answers('p', part('s3cret-changed')));
  expect((await routerctl(['reconcile', ...where])).code).to.equal(0);
  await writeFile(join(config, 'router.yaml'), routerFile(tunnel('s3cret-third'), route('third')));
  return { config, state, where };
}

interface Row {
  readonly args: readonly string[];
  readonly kind: string;
  readonly fields: readonly string[];
  /** Of each item of a list. */
  readonly itemFields?: readonly string[];
  readonly code?: number;
  /** Takes --show-secrets, and then prints some. */
  readonly shows?: boolean;
}

const planFields = [
  'changed',
  'generation',
  'effectiveConfigHash',
  'startupConfigHash',
  'changes',
  'problems',
  'plugins',
  'findings',
  'diff',
];
const runFields = ['plugin', 'source', 'dryRun', 'stored', 'outcome', 'part', 'summary', 'problems'];
const partFields = [
  ...['source', 'generation', 'status', 'resources', 'directives', 'actionPlans'],
  ...['observedAt', 'expiresAt', 'digest'],
];
const generationFields = [
  ...['generation', 'commit', 'time', 'trigger', 'author'],
  ...['startupConfigHash', 'effectiveConfigHash', 'parts', 'summary'],
];
const statusFields = [
  'generation',
  'commit',
  'conditions',
  'plugins',
  'parts',
  'lastAttempted',
  'lastApplied',
];

/** What DESIGN.md's "Machine output" says about each command. None of them writes, so that their order means nothing. */
const rows: readonly Row[] = [
  { args: ['validate'], kind: 'ValidationReport', fields: ['valid', 'resources', 'problems'] },
  { args: ['reconcile', '--dry-run'], kind: 'ReconcilePlan', fields: planFields, shows: true },
  { args: ['status'], kind: 'Status', fields: statusFields },
  { args: ['plugin', 'list'], kind: 'PluginList', fields: ['items'], itemFields: ['name', 'capabilities'] },
  { args: ['plugin', 'run', 'p', '--dry-run'], kind: 'PluginRun', fields: runFields, shows: true },
  { args: ['plugin', 'runs'], kind: 'PluginRunList', fields: ['items'], itemFields: ['plugin', 'outcome'] },
  { args: ['dynamic', 'list'], kind: 'DynamicPartList', fields: ['items'], itemFields: partFields },
  {
    args: ['dynamic', 'describe', 'Plugin/p'],
    kind: 'DynamicPart',
    fields: [...partFields, 'part'],
    shows: true,
  },
  { args: ['dynamic', 'render'], kind: 'Router', fields: ['metadata', 'spec'], shows: true },
  { args: ['dynamic', 'diff'], kind: 'DynamicDiff', fields: ['diff'], code: 1, shows: true },
  { args: ['generation', 'list'], kind: 'GenerationList', fields: ['items'], itemFields: generationFields },
  {
    args: ['generation', 'show', '2'],
    kind: 'Generation',
    fields: [...generationFields, 'changes', 'config'],
    shows: true,
  },
  {
    args: ['generation', 'diff', '1', '2'],
    kind: 'GenerationDiff',
    fields: ['changes', 'diff'],
    code: 1,
    shows: true,
  },
  { args: ['version'], kind: 'Version', fields: ['routerctl', 'node', 'git'] },
];

/** Times and durations go on while the same command is run twice. */
function withoutTime(value: unknown): unknown {
  const moving = new Set(['leaseLeftSeconds', 'durationMs', 'observedAt', 'expiresAt', 'until']);
  return JSON.parse(JSON.stringify(value, (key, item: unknown) => (moving.has(key) ? undefined : item)));
}

interface Outputs {
  readonly table: Ended;
  readonly json: Ended;
  readonly yaml: Ended;
  readonly revealed: Ended | undefined;
}

describe('machine output', () => {
  const outputs = new Map<string, Outputs>();
  let reconciled: readonly Ended[] = [];

  before(async () => {
    const { where } = await scenario();
    for (const { args, shows } of rows) {
      const base = args[0] === 'version' ? args : [...args, ...where];
      const [table, json, yaml, revealed] = await Promise.all([
        routerctl(base),
        routerctl([...base, '-o', 'json']),
        routerctl([...base, '--output=yaml']),
        shows === true ? routerctl([...base, '--show-secrets', '-o', 'json']) : undefined,
      ]);
      outputs.set(args.join(' '), { table, json, yaml, revealed });
    }
    reconciled = [
      await routerctl(['plugin', 'run', 'p', ...where, '-o', 'json']),
      await routerctl(['reconcile', ...where, '-o', 'json']),
      await routerctl(['reconcile', ...where]),
    ];
  });

  for (const row of rows) {
    const { args, kind, fields, itemFields = [], code = 0, shows } = row;
    describe(args.join(' '), () => {
      const of = (): Outputs => outputs.get(args.join(' ')) ?? expect.fail('the command was not run');

      it(`prints one object of kind ${kind} with its fields`, () => {
        const { json } = of();
        expect([json.code, json.stderr]).to.deep.equal([code, '']);
        const document = json.json() as Readonly<Record<string, unknown>>;
        const apiVersion = kind === 'Router' ? 'routerd.net/v1alpha1' : 'cli.routerd.net/v1alpha1';
        expect(document).to.include({ apiVersion, kind });
        expect(document).to.include.keys([...fields]);
        const items = (document['items'] ?? []) as object[];
        if (itemFields.length > 0) expect(items).not.to.deep.equal([]);
        for (const item of items) expect(item).to.include.keys([...itemFields]);
      });

      it('says the same in YAML, whichever version reads it', () => {
        const { json, yaml } = of();
        expect([yaml.code, yaml.stderr]).to.deep.equal([code, '']);
        for (const version of ['1.1', '1.2'] as const) {
          const document: unknown = parse(yaml.stdout, { version });
          expect(withoutTime(document)).to.deep.equal(withoutTime(json.json()));
        }
      });

      it('prints text for people with the same exit code', () => {
        const { table } = of();
        expect(table.code).to.equal(code);
        expect(table.stdout).to.match(/\S\n$/);
      });

      it('prints no secret and no escape', () => {
        for (const { stdout, stderr } of [of().table, of().json, of().yaml]) {
          expect((stdout + stderr).match(secret)).to.equal(null);
          expect(stdout + stderr).not.to.contain('\u001b');
        }
      });

      if (shows === true) {
        it('prints them when asked to', () => {
          expect(of().revealed?.stdout.match(secret)).not.to.equal(null);
        });
      }
    });
  }

  it('is the same for what a pass has done', () => {
    const [run, first, again] = reconciled;
    expect(run?.json()).to.include({ kind: 'PluginRun', plugin: 'p', stored: true, dryRun: false });
    expect(run?.json()).to.include.keys(runFields);
    expect(first?.json())
      .to.include({ kind: 'ReconcileResult' })
      .and.to.include.keys([...planFields, 'commit']);
    for (const ended of reconciled) {
      expect(ended.code).to.equal(0);
      expect((ended.stdout + ended.stderr).match(secret)).to.equal(null);
    }
    expect(again?.stdout).to.contain('nothing changed');
  });

  it('lists generations newest first, with what their commits say', () => {
    const { items } = outputs.get('generation list')?.json.json() as {
      readonly items: readonly Record<string, unknown>[];
    };
    expect(items.map(({ generation, trigger, summary }) => ({ generation, trigger, summary }))).to.deep.equal(
      [
        {
          generation: 2,
          trigger: ['config router.yaml', 'input p'],
          summary: '+1 -1 ~2 (Plugin/p#2)',
        },
        {
          generation: 1,
          trigger: ['config router.yaml', 'config sources/p.yaml', 'interval p'],
          summary: '+4 (Plugin/p#1)',
        },
      ],
    );
  });

  it('keeps the state repository and dynamic render --show-secrets byte for byte the same', async () => {
    const { state, where } = await scenario();
    const { stdout } = await routerctl(['dynamic', 'render', '--show-secrets', ...where]);
    expect(stdout).to.equal(userGit(state, 'show', 'HEAD:effective-config.yaml'));
    expect(stdout.match(secret)).to.include('s3cret-second');
  });

  describe('on a terminal', () => {
    /** Runs a command in a pseudo-terminal. */
    const onTerminal = async (
      command: string,
      env: Readonly<Record<string, string>> = {},
    ): Promise<string> => {
      const config = await copyExample('minimal');
      const line = `${command} --config ${config} --state ${join(await tempDir(), 'S')}`;
      const { stdout } = await shell(`script -qec '"$NODE" "$PROGRAM" ${line}' /dev/null < /dev/null`, {
        env: { TERM: 'xterm', ...env },
      });
      return stdout;
    };

    it('has colour, unless NO_COLOR is set or the terminal is dumb', async function () {
      try {
        execFileSync('script', ['--version'], { env: { PATH: searchPath } });
      } catch {
        this.skip(); // script(1) is missing
      }
      expect(await onTerminal('reconcile --dry-run')).to.contain('\u001b[32madded');
      expect(await onTerminal('reconcile --dry-run', { NO_COLOR: '1' })).to.not.contain('\u001b');
      expect(await onTerminal('reconcile --dry-run', { TERM: 'dumb' })).to.not.contain('\u001b');
      expect(await onTerminal('reconcile --dry-run', { NO_COLOR: '' })).to.contain('\u001b[32madded');
    });
  });

  it('ends quietly when its reader goes away', async () => {
    const routes = Array.from({ length: 3_000 }, (_, i) => route(`route-${i}`));
    const config = await configDir({ 'router.yaml': routerFile(...routes) });
    const where = `--config ${config} --state ${join(await tempDir(), 'S')}`;
    const { code, stdout, stderr } = await shell(
      `{ routerctl reconcile --dry-run ${where}; echo "exit $?" >&2; } | head -1`,
    );
    expect([code, stdout.split('\n').length, stderr]).to.deep.equal([0, 2, 'exit 0\n']);
  });
});
