import type { Issue } from '../problem.js';
import { isMap } from '../resource.js';
import type { ValueMap } from '../resource.js';
import { issueAt } from './rule.js';

const ways = ['device', 'gateway', 'deviceFrom', 'gatewayFrom'];

/** A unicast route says where packets go; a blackhole route goes nowhere, and nothing may claim otherwise. */
export function nextHop(resource: ValueMap): Issue[] {
  const spec = resource['spec'];
  if (!isMap(spec)) return [];
  const has = (field: string): boolean =>
    Object.hasOwn(spec, field) && spec[field] !== '' && spec[field] !== null;
  if (spec['type'] === 'blackhole') {
    return [...ways, 'preferredSource'].filter(has).map(field => ({
      ...issueAt(['spec', field]),
      at: 'key',
      message: `\`${field}\` does not go with a blackhole route`,
      hint: `remove \`${field}\`, or \`type: blackhole\``,
    }));
  }
  const unicast = spec['type'] === undefined || spec['type'] === 'unicast';
  if (!unicast || ways.some(has)) return [];
  return [
    {
      ...issueAt(['spec'], 'MissingField'),
      message: '`device` or `gateway` is missing in IPv4Route spec',
      hint: 'say where the packets go: `device`, `gateway`, `deviceFrom` or `gatewayFrom`, or `type: blackhole`',
    },
  ];
}
