import { decodeObservation } from '../../protocol/inventory.js';
import type { Observation } from '../../protocol/inventory.js';
import { mapOf, textOf } from '../../protocol/pick.js';
import { apiVersions, isList, isMap } from '../../protocol/resource.js';
import type { Value } from '../../protocol/resource.js';
import { checkEnvelope } from '../../protocol/schema/envelope.js';
import { oneLine } from '../../protocol/text.js';
import type { PoolScope } from './scope.js';

/** The ObservePrivateIPsRequest, as one line of JSON: what an inventory plugin finds on stdin. */
export function observeRequest({ pool, self, provider }: PoolScope, context: readonly Value[]): string {
  const { capture, discovery } = self;
  const { routeTableRef } = capture.target;
  const strategy = capture.type === 'provider-secondary-ip' ? capture.captureStrategy || 'secondary-ip' : '';
  const request: Value = {
    apiVersion: apiVersions.providerInventory,
    kind: 'ObservePrivateIPsRequest',
    spec: {
      provider,
      ...unlessEmpty({ providerRef: discovery.providerRef, strategy, subnetRef: discovery.subnetRef }),
      selfNode: self.nodeRef,
      pool: pool.name,
      prefix: pool.prefix,
      selfNicRef: capture.nicRef,
      ...(routeTableRef === undefined ? {} : { routeTableRef }),
      ...(Object.keys(capture.target).length === 0 ? {} : { target: capture.target }),
      selector: Object.keys(discovery.tags).length === 0 ? {} : { tags: discovery.tags },
      ...(context.length === 0 ? {} : { context: { resources: context } }),
    },
  };
  return `${JSON.stringify(request)}\n`;
}

function unlessEmpty(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ''));
}

/** What a scan came to. `failed` may have left things out; `skipped` did not look at all. */
export type ScanOutcome =
  | { readonly status: 'succeeded'; readonly observation: Observation; readonly message: string }
  | { readonly status: 'failed' | 'skipped'; readonly message: string };

/** Reads an ObservePrivateIPsResult. What is not well formed has failed. */
export function readObservation(answer: Value): ScanOutcome {
  const result = withoutNulls(answer);
  const errors = checkEnvelope('ObservePrivateIPsResult', result).filter(
    ({ severity }) => severity === 'error',
  );
  if (errors.length > 0)
    return failedScan(`the answer is not well formed: ${errors.map(({ message }) => message).join('; ')}`);
  const status = isMap(result) ? mapOf(result['status']) : {};
  const message = oneLine(textOf(status['error']) || textOf(status['message']), 2_000);
  switch (textOf(status['status'])) {
    case 'succeeded':
      return { status: 'succeeded', observation: decodeObservation(status), message };
    case 'skipped':
      return { status: 'skipped', message };
    default:
      return failedScan(message);
  }
}

export function failedScan(message: string): ScanOutcome {
  return { status: 'failed', message: oneLine(message, 2_000) };
}

/** Go prints a list that was never made as null: it is absent, not empty. */
function withoutNulls(value: Value): Value {
  if (isList(value)) return value.map(withoutNulls);
  if (!isMap(value)) return value;
  const entries = Object.entries(value).filter(([, entry]) => entry !== null);
  return Object.fromEntries(entries.map(([key, entry]) => [key, withoutNulls(entry)]));
}
