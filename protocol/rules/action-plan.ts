import { isIpAddress, parsePrefix } from '../address.js';
import type { Issue } from '../problem.js';
import { isMap } from '../resource.js';
import type { Value, ValueMap } from '../resource.js';
import { explain } from '../schema/explain.js';
import { shippedShape } from '../schema/shipped.js';
import { fieldText, foundText } from '../wording.js';
import { label } from './checks.js';
import { applyRules, issueAt } from './rule.js';

/**
 * Checks one entry of `status.actionPlans`: its shape, what its action needs, and that it asks for no execution
 * (`ExecuteModeForbidden`; all other errors are `InvalidActionPlan`). Unknown fields are no matter. Paths start at the
 * plan.
 */
export function checkActionPlan(plan: Value): readonly Issue[] {
  const shape = explain(shippedShape('action-plan')(plan), { kind: 'ActionPlan', value: plan });
  const rules = isMap(plan)
    ? applyRules({ fields: { name: label }, whole: [executeMode, targetNeeds, targetAddress] }, plan)
    : [];
  return [...shape, ...rules].map(issue =>
    issue.reason === 'ExecuteModeForbidden' ? issue : { ...issue, reason: 'InvalidActionPlan' },
  );
}

function executeMode(plan: ValueMap): Issue[] {
  const { mode } = plan;
  if (typeof mode !== 'string' || mode === '' || mode === 'dry-run') return [];
  if (mode !== 'execute') {
    return [
      {
        ...issueAt(['mode']),
        message: `\`mode\` cannot be ${foundText(mode, ['mode'])}`,
        hint: 'write `dry-run`, or leave it out',
      },
    ];
  }
  return [
    {
      ...issueAt(['mode'], 'ExecuteModeForbidden'),
      message: 'an action plan cannot ask for its own execution (`mode: execute`)',
      hint: 'leave `mode` out: whether an action is executed is for the operator and the ProviderActionPolicy to say',
    },
  ];
}

const secondaryIp = ['assign-secondary-ip', 'unassign-secondary-ip'];
const routeTable = ['assign-route-table-route', 'unassign-route-table-route'];

/** The entries of `target` without which an action cannot be carried out. */
function needsOf(action: string, target: ValueMap): readonly string[] {
  if (routeTable.includes(action)) return ['address', 'routeTableRef', 'nicRef'];
  if (!secondaryIp.includes(action)) return [];
  return target['captureStrategy'] === 'route-table'
    ? ['address', 'nicRef', 'routeTableRef']
    : ['address', 'nicRef'];
}

function targetNeeds(plan: ValueMap): Issue[] {
  const target = targetOf(plan);
  const { action } = plan;
  if (target === undefined || typeof action !== 'string') return [];
  return needsOf(action, target)
    .filter(name => (target[name] ?? '') === '')
    .map(name => ({
      ...issueAt(Object.hasOwn(plan, 'target') ? ['target'] : []),
      message: `${fieldText(['target', name])} is missing: the action ${action} needs it`,
    }));
}

function targetAddress(plan: ValueMap): Issue[] {
  const address = targetOf(plan)?.['address'];
  if (typeof address !== 'string' || address === '') return [];
  if (isIpAddress(address) || parsePrefix(address) !== undefined) return [];
  const path = ['target', 'address'];
  return [
    {
      ...issueAt(path),
      message: `${fieldText(path)} must be an IP address or a CIDR, but is ${foundText(address, path)}`,
      hint: 'write it like `192.0.2.1` or `192.0.2.1/32`',
    },
  ];
}

/** An absent target is an empty one; one of another type is left to the schema. */
function targetOf(plan: ValueMap): ValueMap | undefined {
  const target = plan['target'] ?? {};
  return isMap(target) ? target : undefined;
}
