import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ValueMap } from '../../protocol/resource.js';
import { copyExample, setProgram } from './config-dir.js';
import { tempDir } from './temp.js';
import { until } from './processes.js';

/** What the plugin of examples/cloudedge says, without the time, so that a slow machine makes no lease end early. */
export const inventory: ValueMap = {
  resources: [
    {
      apiVersion: 'hybrid.routerd.net/v1alpha1',
      kind: 'RemoteAddressClaim',
      metadata: { name: 'app-10-0-1-123' },
      spec: {
        domainRef: 'cloudedge-same-subnet',
        address: '10.0.1.123/32',
        ownerSide: 'cloud',
        capture: { type: 'provider-secondary-ip', providerRef: 'oci-prod' },
        delivery: { peerRef: 'cloud-main', mode: 'route' },
      },
    },
  ],
  directives: [
    {
      op: 'mask',
      target: {
        apiVersion: 'net.routerd.net/v1alpha1',
        kind: 'IPv4Route',
        name: 'cloud-app-static-fallback',
      },
    },
  ],
};

/** A copy of examples/cloudedge, a state directory for it, and both as options of routerctl. */
export interface Cloudedge {
  readonly config: string;
  readonly state: string;
  readonly where: readonly string[];
  readonly router: string;
}

export async function cloudedge(program: string, ttl = '300s'): Promise<Cloudedge> {
  const [config, state] = [await copyExample('cloudedge'), join(await tempDir(), 'S')];
  const router = join(config, 'router.yaml');
  await replaceIn(router, 'ttl: 300s', `ttl: ${ttl}`);
  await setProgram(config, 'oci-inventory', program);
  return { config, state, where: ['--config', config, '--state', state], router };
}

/** Replaces the first occurrence of a text that has to be there. */
export async function replaceIn(path: string, from: string, to: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  if (!text.includes(from)) throw new Error(`${path} holds no ${from}`);
  await writeFile(
    path,
    text.replace(from, () => to),
  );
}

/** Waits until an instant, given as RFC 3339, is past. */
export async function untilPast(time: string): Promise<void> {
  await until(`${time} is past`, () => Date.now() > Date.parse(time));
}
