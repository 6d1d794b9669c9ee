import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { ValueMap } from '../../protocol/resource.js';
import { addPlugin, configDir, printing, routerFile, setProgram } from './config-dir.js';
import { groupResource, poolResource, profileResource } from './mobility.js';
import { routerctl } from './routerctl.js';
import type { Ended, RunOptions } from './routerctl.js';
import type { Setting } from './setting.js';
import { tempDir } from './temp.js';

export interface PoolSettingOptions {
  /** Changes of the pool `app`. */
  readonly pool?: ValueMap;
  /** Beside the pool, its provider, and the EventGroup that says that this router is `oci`. */
  readonly resources?: readonly ValueMap[];
  /** What the inventory plugin says; default: nothing is there. */
  readonly seen?: ValueMap;
}

/** A router of the pool `app`, 10.0.1.0/24, with generation 1 and no look at its subnet yet. */
export async function poolSetting(options: PoolSettingOptions = {}): Promise<Setting> {
  const config = await configDir({ 'router.yaml': poolRouter(options) });
  const state = join(await tempDir(), 'S');
  await addPlugin(config, 'oci-inventory', {
    program: printing(observed(options.seen ?? seeing())),
    spec: { timeout: '20s', capabilities: ['observe.providerPrivateIPs'] },
    ttl: null,
  });
  const here = { config, state, where: ['--config', config, '--state', state] };
  expect((await routerctl(['reconcile', ...here.where])).code).to.equal(0);
  return here;
}

export function poolRouter({ pool = {}, resources = [] }: PoolSettingOptions): string {
  return routerFile(profileResource, groupResource('edge', 'oci'), poolResource(pool), ...resources);
}

/** The status of a listing with these addresses of clients. */
export function seeing(...hosts: number[]): ValueMap {
  const records = hosts.map(host => ({
    address: `10.0.1.${host}`,
    nicRef: `nic-${host}`,
    resourceRef: `vm-${host}`,
  }));
  return {
    status: 'succeeded',
    self: { nicRef: 'nic-self', resourceRef: 'vm-self', privateIPs: ['10.0.1.4'] },
    localIPs: records,
    observedCandidates: records,
  };
}

/** The document that an inventory plugin prints. */
export function observed(status: ValueMap): string {
  return JSON.stringify({
    apiVersion: 'providerinventory.routerd.net/v1alpha1',
    kind: 'ObservePrivateIPsResult',
    status,
  });
}

export async function setSeen({ config }: Setting, status: ValueMap): Promise<void> {
  await setProgram(config, 'oci-inventory', printing(observed(status)));
}

/** `routerctl inventory run app`. */
export function look({ where }: Setting, ...more: string[]): Promise<Ended> {
  return routerctl(['inventory', 'run', 'app', ...where, ...more]);
}

export function owners({ where }: Setting, args: readonly string[], options?: RunOptions): Promise<Ended> {
  return routerctl(['ownership', 'app', ...args, ...where], options);
}

/** Publishes what another node has to say about an address. */
export async function tell(
  { where }: Setting,
  said: 'observed' | 'expired',
  attributes: Readonly<Record<string, string>>,
): Promise<void> {
  const facts = { pool: 'app', node: 'aws', ...attributes };
  const flags = Object.entries(facts).flatMap(([key, value]) => ['-a', `${key}=${value}`]);
  const { code } = await routerctl(['event', 'publish', `routerd.client.ipv4.${said}`, ...flags, ...where]);
  expect(code).to.equal(0);
}

/** Later than any test. */
export const farAway = '2100-01-01T00:00:00Z';

/** `address class` of every decision that is written down. */
export function writtenClasses({ state }: Pick<Setting, 'state'>, pool = 'app'): string[] {
  const text = readFileSync(join(state, `inventory/${pool}.ownership.yaml`), 'utf8');
  const { decisions } = parse(text) as { decisions: { address: string; class: string }[] };
  return decisions.map(({ address, class: name }) => `${address} ${name}`);
}
