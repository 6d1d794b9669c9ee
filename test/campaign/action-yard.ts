import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomic } from '../../state/files.js';
import type { ValueMap } from '../../protocol/resource.js';
import { route } from '../rig/build.js';
import { addPlugin, answers, configDir, routerFile, setProgram } from '../rig/config-dir.js';
import { tempDir } from '../rig/temp.js';

/** A state that an action was reported to have reached. */
export interface Reached {
  readonly id: string;
  readonly state: string;
}

/**
 * One router with a planner and an executor. What the executor has done stands in a ledger of its own, and what commands
 * have reported in a record; both are kept outside of the state directory, which they are compared with.
 */
export interface ActionYard {
  readonly top: string;
  readonly state: string;
  readonly where: readonly string[];
  /** Has the planner propose these from its next run on. */
  readonly propose: (plans: readonly ValueMap[]) => Promise<void>;
  /** The keys that the executor has acted under, one entry an act: `KEY`, and `KEY:undo` for taking it back. */
  readonly effects: () => Promise<readonly string[]>;
  /** Written by the executor as soon as it runs. */
  readonly started: string;
  /** The path of the executor's program. */
  readonly executor: string;
  readonly acknowledge: (reached: readonly Reached[]) => Promise<void>;
  readonly acknowledged: () => Promise<readonly Reached[]>;
  /** Keeps a copy of the state directory, the ledger and the record. */
  readonly keep: () => Promise<void>;
  /** Puts the copy in their place. */
  readonly putBack: () => Promise<void>;
}

const planner = 'planner';
const executor = 'oci-executor';

export interface ActionYardOptions {
  /** Whether the policy lets routerd execute by itself. */
  readonly automatic: boolean;
  /** Where the state directory is; default beside the config directory. */
  readonly state?: string;
}

export async function createActionYard(options: ActionYardOptions): Promise<ActionYard> {
  const top = await tempDir();
  const config = await configDir({
    'router.yaml': routerFile(route('default')),
    'policy.yaml': JSON.stringify(policy(options.automatic)),
  });
  const state = options.state ?? join(top, 'state');
  const at = (name: string) => join(top, name);
  const [record, ledger, refused, started] = [at('record.json'), at('ledger'), at('refused'), at('started')];
  const names = ['state', 'record.json', 'ledger', 'refused'];
  const readRecord = async () =>
    JSON.parse(await readFile(record, 'utf8').catch(() => '[]')) as readonly Reached[];
  await addPlugin(config, planner, {
    program: answers(planner, { actionPlans: [] }),
    ttl: '10h',
    spec: {
      timeout: '20s',
      capabilities: ['propose.dynamicConfig', 'propose.providerAction'],
      triggers: [{ type: 'interval', every: '1h' }],
    },
  });
  await addPlugin(config, executor, {
    program: executorProgram({ ledger, started, refused }),
    ttl: null,
    spec: { timeout: '20s', capabilities: ['execute.providerAction'] },
  });
  await writeFile(ledger, '');
  await writeFile(refused, '');
  const entries: Reached[] = [];
  return {
    top,
    state,
    where: ['--config', config, '--state', state, '--plugin-dir', join(top, 'no-plugins')],
    started,
    executor: join(config, 'plugins', executor, 'bin', executor),
    propose: plans => setProgram(config, planner, answers(planner, { actionPlans: [...plans] })),
    effects: async () => (await readFile(ledger, 'utf8')).split('\n').filter(line => line !== ''),
    async acknowledge(reached) {
      entries.push(...reached);
      await writeAtomic(record, JSON.stringify(entries));
    },
    acknowledged: readRecord,
    keep: () => copyAll(names, { from: top, to: join(top, 'kept') }),
    async putBack() {
      await copyAll(names, { from: join(top, 'kept'), to: top });
      entries.splice(0, entries.length, ...(await readRecord()));
    },
  };
}

async function copyAll(
  names: readonly string[],
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  for (const name of names) {
    await rm(join(to, name), { recursive: true, force: true });
    await cp(join(from, name), join(to, name), { recursive: true, preserveTimestamps: true });
  }
}

function policy(automatic: boolean): ValueMap {
  return {
    apiVersion: 'hybrid.routerd.net/v1alpha1',
    kind: 'ProviderActionPolicy',
    metadata: { name: 'drill' },
    spec: {
      enabled: true,
      dryRunOnly: false,
      requireApproval: !automatic,
      allowedProviders: ['oci'],
      allowedActions: ['assign-secondary-ip', 'unassign-secondary-ip'],
      allowedCIDRs: ['10.0.0.0/8'],
      maxActionsPerRun: 1_000,
      allowUndo: true,
    },
  };
}

/** The n-th plan; every other one leaves its key to routerd. */
export function planOf(n: number, description = 'as first planned'): ValueMap {
  return {
    name: `plan-${n}`,
    description,
    provider: 'oci',
    action: 'assign-secondary-ip',
    target: { nicRef: 'nic', address: `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}` },
    undo: { action: 'unassign-secondary-ip' },
    ...(n % 2 === 0 ? { idempotencyKey: `key-${n}` } : {}),
  };
}

/**
 * An executor that is not idempotent: whenever it is asked to act it adds a line to its ledger, on disk before it answers. It
 * takes a moment before and after that. Keys that end with 3 it refuses once, without having acted. A dry-run looks.
 */
function executorProgram(files: Record<'ledger' | 'started' | 'refused', string>): string {
  return `#!/bin/sh
request=$(cat)
value() { printf '%s' "$request" | sed "s/.*\\"$1\\":\\"\\([^\\"]*\\)\\".*/\\1/"; }
key=$(value idempotencyKey)
answer() {
  printf '{"apiVersion":"provideraction.routerd.net/v1alpha1","kind":"ExecuteActionResult","metadata":{"name":"${executor}"},'
  printf '"status":{"status":"%s","idempotencyKey":"%s","observed":{"effect":"%s"}}}\\n' "$1" "$key" "$2"
  exit 0
}
did() { grep -qxF "$1" '${files.ledger}'; }
if [ "$(value mode)" = dry-run ]; then
  if did "$key" && ! did "$key:undo"; then answer succeeded present; fi
  answer succeeded absent
fi
: > '${files.started}'
sleep "0.0$(($$ % 7))"
case $key in
  *3 | *3:undo)
    if ! grep -qxF "$key" '${files.refused}'; then
      printf '%s\\n' "$key" >> '${files.refused}'
      answer failed absent
    fi ;;
esac
printf '%s\\n' "$key" | dd of='${files.ledger}' oflag=append conv=notrunc,fsync status=none
sleep "0.0$(($$ % 5))"
answer succeeded present
`;
}
