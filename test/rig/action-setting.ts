import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ValueMap } from '../../protocol/resource.js';
import { route } from './build.js';
import { addPlugin, answers, configDir, routerFile, setProgram, writeFiles } from './config-dir.js';
import { routerctl } from './routerctl.js';
import type { Ended } from './routerctl.js';
import type { Setting } from './setting.js';
import { tempDir } from './temp.js';

/** A router whose plugin `planner` proposes actions, which `oci-executor` carries out under a policy. */
export interface ActionSetting extends Setting {
  /** Where the executor notes each key that it was told to execute, one a line. */
  readonly effects: string;
}

export interface ActionSettingOptions {
  readonly plans?: readonly ValueMap[];
  /** Added to a policy that permits everything here, with approval. */
  readonly policy?: ValueMap;
  /** Text of the executor's program; default: it succeeds. */
  readonly executor?: string;
  /** Timeout of the executor. */
  readonly timeout?: string;
}

/** A plan that assigns 10.0.1.N. */
export function assignPlan(n: number, more: ValueMap = {}): ValueMap {
  return {
    name: `assign-${n}`,
    provider: 'oci',
    action: 'assign-secondary-ip',
    target: { address: `10.0.1.${n}`, nicRef: 'nic-1' },
    undo: { action: 'unassign-secondary-ip' },
    riskLevel: 'low',
    idempotencyKey: `key-${n}`,
    ...more,
  };
}

/** The document that an executor prints. */
export function actionResult(status: ValueMap): string {
  return JSON.stringify({
    apiVersion: 'provideraction.routerd.net/v1alpha1',
    kind: 'ExecuteActionResult',
    status,
  });
}

/**
 * An executor in sh that notes in $EFFECTS the key of what it is told to execute, and then does what `body` says, which has
 * `$mode`, `$key`, `$verb`, `$request`, and `answer STATUS` to print a result.
 */
export function executorProgram(body: string): string {
  return [
    '#!/bin/sh',
    'request=$(cat)',
    `field() { printf '%s' "$request" | sed -n 's/.*"'"$1"'":"\\([^"]*\\)".*/\\1/p'; }`,
    'key=$(field idempotencyKey) mode=$(field mode) verb=$(field action)',
    `answer() { printf '%s\\n' '${actionResult({ status: 'STATUS' })}' | sed "s/STATUS/$1/"; }`,
    `[ "$mode" = execute ] && printf '%s\\n' "$key" >> "$EFFECTS"`,
    body,
    '',
  ].join('\n');
}

/** An executor that prints this status, whatever it is asked. */
export function answering(status: ValueMap): string {
  return executorProgram(`cat << 'END OF OUTPUT'\n${actionResult(status)}\nEND OF OUTPUT`);
}

export const proposingActions: ValueMap = {
  timeout: '20s',
  capabilities: ['propose.dynamicConfig', 'propose.providerAction'],
  triggers: [{ type: 'interval', every: '300s' }],
};

export const permissive: ValueMap = {
  enabled: true,
  dryRunOnly: false,
  requireApproval: true,
  allowedProviders: ['oci'],
  allowedActions: ['assign-secondary-ip', 'unassign-secondary-ip'],
  maxActionsPerRun: 8,
  allowUndo: true,
};

export async function setPolicy({ config }: Setting, spec: ValueMap, name = 'policy'): Promise<void> {
  const policy = {
    apiVersion: 'hybrid.routerd.net/v1alpha1',
    kind: 'ProviderActionPolicy',
    metadata: { name },
    spec,
  };
  await writeFiles(config, { [`${name}.yaml`]: `${JSON.stringify(policy)}\n` });
}

export async function setPlans({ config }: Setting, plans: readonly ValueMap[]): Promise<void> {
  await setProgram(config, 'planner', answers('planner', { actionPlans: plans }));
}

export async function setExecutor({ config }: Setting, program: string): Promise<void> {
  await setProgram(config, 'oci-executor', program);
}

/** The setting with nothing reconciled yet. */
export async function actionFiles(options: ActionSettingOptions = {}): Promise<ActionSetting> {
  const { plans = [assignPlan(1)], policy = {}, timeout = '20s' } = options;
  const config = await configDir({ 'router.yaml': routerFile(route('default')) });
  const dir = await tempDir();
  const state = join(dir, 'S');
  const effects = join(dir, 'effects');
  const here = { config, state, where: ['--config', config, '--state', state], effects };
  await addPlugin(config, 'planner', {
    program: answers('planner', { actionPlans: plans }),
    spec: proposingActions,
    ttl: '1h',
  });
  await addPlugin(config, 'oci-executor', {
    program:
      options.executor ?? answering({ status: 'succeeded', message: 'done', observed: { ref: 'ip-7' } }),
    spec: { timeout, capabilities: ['execute.providerAction'], env: { EFFECTS: effects } },
    ttl: null,
  });
  await setPolicy(here, { ...permissive, ...policy });
  return here;
}

/** The setting with its plans imported; `ids` are their actions in the order of the plans. */
export async function actionSetting(
  options: ActionSettingOptions = {},
): Promise<ActionSetting & { readonly ids: readonly string[]; readonly id: string }> {
  const here = await actionFiles(options);
  expect((await routerctl(['reconcile', ...here.where])).code).to.equal(0);
  expect((await action(here, 'import')).code).to.equal(0);
  const { plans = [assignPlan(1)] } = options;
  const items = await listed(here);
  const ids = plans.map(plan => items.find(({ name }) => name === plan['name'])?.id ?? 'not imported');
  return { ...here, ids, id: ids[0] ?? '' };
}

/** `routerctl action …`. */
export function action({ where }: Setting, ...args: string[]): Promise<Ended> {
  return routerctl(['action', ...args, ...where]);
}

/** The part of an Action document that tests speak about. */
export interface ListedAction {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly message: string;
  readonly error: string;
  readonly transitions: readonly { readonly to: string; readonly [field: string]: unknown }[];
  readonly [field: string]: unknown;
}

export async function listed(here: Setting): Promise<readonly ListedAction[]> {
  const { json } = await action(here, 'list', '-o', 'json');
  return (json() as { items: ListedAction[] }).items;
}

export async function statusOf(here: Setting, id: string): Promise<string | undefined> {
  return (await listed(here)).find(item => item.id === id)?.status;
}

/** `pending→approved→…`: the states that an action has had. */
export async function pathOf(here: Setting, id: string): Promise<string> {
  const found = (await listed(here)).find(item => item.id === id);
  return (found?.transitions ?? []).map(({ to }) => to).join('→');
}

/** The keys that the executor was told to execute. */
export function effectsOf({ effects }: ActionSetting): string[] {
  if (!existsSync(effects)) return [];
  return readFileSync(effects, 'utf8')
    .split('\n')
    .filter(line => line !== '');
}
