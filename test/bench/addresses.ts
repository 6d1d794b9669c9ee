import { decodePool } from '../../protocol/mobility.js';
import type { Value } from '../../protocol/resource.js';
import { apiVersions } from '../../protocol/resource.js';
import { judgeCandidates } from '../../reconciler/ownership/candidates.js';
import type { CaptureRecord } from '../../reconciler/ownership/captures.js';
import { readObservation } from '../../reconciler/ownership/exchange.js';
import { afterScan } from '../../reconciler/ownership/inventory.js';
import type { RemoteFact } from '../../reconciler/ownership/remote-facts.js';
import { resolveOwnership } from '../../reconciler/ownership/resolve.js';
import { routerSelf } from '../../reconciler/ownership/router-self.js';
import { readOutput } from '../../reconciler/plugin/output.js';
import { against } from './bench.js';
import type { Bench } from './bench.js';
import { measure } from './measure.js';

/** Who owns each address of a full pool, against reading what the provider says about it. */
export const ownership: Bench = {
  name: 'ownership',
  async run(size) {
    const count = size === 'full' ? 10_000 : 1_000;
    const { parse, resolve } = addressWork(count);
    const [read, timing] = await measure(
      [
        { name: 'read the same answer', run: parse },
        { name: 'resolved', run: resolve },
      ],
      size === 'full' ? 9 : 1,
    );
    if (read === undefined || timing === undefined) return [];
    return [against({ name: `ownership of ${count} addresses` }, timing, { floors: [read] })];
  },
};

/** What a provider says about a full pool, to be read and to be resolved. */
interface AddressWork {
  /** Reads the plugin's answer. */
  readonly parse: () => void;
  /** Judges the candidates, and decides who owns each address. */
  readonly resolve: () => void;
}

const now = Date.UTC(2026, 4, 29, 12);
const lease = { observedAt: now - 10_000, expiresAt: now + 290_000 };

/** A subnet of that many addresses: a tenth of them live on other nodes' sides as well, a tenth are captured here. */
function addressWork(count: number): AddressWork {
  const hosts = Array.from({ length: count }, (_, i) => `10.64.${Math.floor(i / 250)}.${(i % 250) + 1}`);
  const isCaptured = (i: number) => i % 10 === 0;
  const text = Buffer.from(JSON.stringify(answerFor(hosts, isCaptured)));
  const read = () => {
    const output = readOutput('stdout', text);
    const outcome = output.ok ? readObservation(output.value) : undefined;
    if (outcome?.status !== 'succeeded' || outcome.observation.local.length !== count)
      throw new Error(`the answer was not read: ${outcome?.message}`);
    return outcome.observation;
  };
  const observation = read();
  const pool = poolFor(hosts);
  const [self] = pool.members;
  if (self === undefined) throw new Error('the pool has no member');
  const facts = hosts.filter((_, i) => i % 10 === 5).map(remoteFact);
  const captures = new Map(
    hosts.filter((_, i) => isCaptured(i)).map((address, i) => [address, captureFor(i)] as const),
  );
  const times = self.discovery;
  return {
    parse() {
      read();
    },
    resolve() {
      const router = routerSelf(observation, 'nic-self');
      const candidates = judgeCandidates(observation.candidates, {
        pool: pool.network,
        self: router,
        captureNic: 'nic-self',
        capturedByAction: new Set(captures.keys()),
        discovery: self.discovery,
      });
      const about = {
        pool: 'app',
        node: 'oci',
        provider: 'oci',
        providerRef: 'oci-prod',
        plugin: 'oci-inventory',
      };
      const scan = { ...about, self: router, local: observation.local, candidates };
      const inventory = afterScan(undefined, scan, { now, times });
      const { decisions } = resolveOwnership({ pool, self, inventory, facts, captures }, now);
      if (decisions.length !== count) throw new Error(`${decisions.length} decisions`);
    },
  };
}

function answerFor(hosts: readonly string[], isCaptured: (index: number) => boolean): Value {
  const localIPs = hosts.map((address, i) => ({
    address,
    nicRef: isCaptured(i) ? 'nic-self' : `ocid1.vnic.oc1..${i}`,
    subnetRef: 'ocid1.subnet.oc1..a',
    resourceRef: isCaptured(i) ? 'vm-self' : `ocid1.instance.oc1..${i}`,
    resourceType: 'instance',
    primary: !isCaptured(i),
    tags: { tier: 'app', index: String(i) },
    instanceState: 'running',
  }));
  return {
    apiVersion: apiVersions.providerInventory,
    kind: 'ObservePrivateIPsResult',
    status: {
      status: 'succeeded',
      self: { nicRef: 'nic-self', resourceRef: 'vm-self' },
      localIPs,
      ips: localIPs,
    },
  };
}

function poolFor(hosts: readonly string[]) {
  const pool = decodePool({
    apiVersion: apiVersions.mobility,
    kind: 'MobilityPool',
    metadata: { name: 'app' },
    spec: {
      prefix: '10.64.0.0/16',
      members: [
        {
          nodeRef: 'oci',
          capture: { type: 'provider-secondary-ip', providerRef: 'oci-prod', nicRef: 'nic-self' },
          ownershipDiscovery: { mode: 'provider-private-ip', selector: { tags: { tier: 'app' } } },
          staticOwnedAddresses: hosts.filter((_, i) => i % 100 === 1),
        },
        { nodeRef: 'aws', staticOwnedAddresses: ['10.64.255.0/24'] },
      ],
    },
  });
  if (pool === undefined) throw new Error('the pool cannot be read');
  return pool;
}

function remoteFact(address: string): RemoteFact {
  return {
    dedupeKey: `app/aws/${address}`,
    node: 'aws',
    address,
    provider: 'aws',
    providerRef: 'aws-prod',
    subnetRef: 'subnet-1',
    nicRef: `eni-${address}`,
    resourceRef: `i-${address}`,
    ...lease,
    withdrawn: false,
  };
}

function captureFor(index: number): CaptureRecord {
  return {
    source: `action capture-${index}`,
    state: 'assigned',
    at: now - 60_000,
    active: true,
    targetRef: 'nic-self',
  };
}
