import { oneLine } from '../../protocol/text.js';
import type { Decision } from '../../reconciler/ownership/resolve.js';
import { placeText } from '../output/diagnostics.js';
import { table } from '../output/format.js';
import type { EvidenceItem, RuleItem } from '../reports/ownership.js';

export function decisionsText(decisions: readonly Decision[], self: string): string {
  return table(
    ['ADDRESS', 'CLASS', 'HOME', 'CAPTURE', 'ADVERTISE', 'REASON'],
    decisions.map(decision => [
      decision.address,
      decision.class,
      decision.homeOwnerNode || '-',
      decision.captureState === 'None' ? '-' : decision.captureState,
      advertiseText(decision, self),
      oneLine(decision.reason, 400),
    ]),
  );
}

/** Whether this router may advertise the address, and who may where it is another. */
function advertiseText({ advertiseOwnerNode }: Decision, self: string): string {
  if (advertiseOwnerNode === self) return 'yes';
  return advertiseOwnerNode === '' ? 'no' : `no, ${advertiseOwnerNode}`;
}

/** An address with every rule, the one that decides in capitals. */
export function addressText({ pool, node, decision, rules }: AddressOwnership): string {
  const facts: readonly [string, string][] = [
    [
      'home',
      [decision.homeOwnerNode, decision.homeSubnetRef, decision.homeNICRef].filter(nonEmpty).join(' '),
    ],
    ['capture', captureText(decision)],
    [
      'advertise',
      decision.advertiseOwnerNode === node
        ? `yes: ${decision.advertiseReason}`
        : `${advertiseText(decision, node)}: ${decision.suppressionReason}`,
    ],
    ['up to date', decision.fresh ? 'yes' : 'no'],
  ];
  return [
    `${decision.address} of ${pool} on ${node}: ${decision.class}`,
    ...facts.flatMap(([name, value]) => (value === '' ? [] : [`  ${name.padEnd(12)}${oneLine(value, 400)}`])),
    'rules, the first that applies decides:',
    ...rules.flatMap(rule => [
      `  ${mark(rule).padEnd(9)}${rule.rule.padEnd(22)}${oneLine(rule.reason, 400)}`,
      ...rule.evidence.map(item => `${' '.repeat(33)}by ${evidenceText(item)}`),
    ]),
    '',
  ].join('\n');
}

interface AddressOwnership {
  readonly pool: string;
  readonly node: string;
  readonly decision: Decision;
  readonly rules: readonly RuleItem[];
}

function captureText({
  captureState,
  captureHolderNode,
  captureTargetRef,
  captureStrategy,
}: Decision): string {
  if (captureState === 'None') return '';
  return [captureState, captureHolderNode, captureTargetRef, captureStrategy].filter(nonEmpty).join(' ');
}

function mark({ decides, applies }: RuleItem): string {
  if (decides) return 'DECIDES';
  return applies ? 'applies' : 'no';
}

function evidenceText({ file, commit, place }: EvidenceItem): string {
  const where = place === undefined ? '' : ` (${placeText(place)})`;
  return `${file}${where} ${commit === null ? 'in no commit' : `as of ${commit.slice(0, 12)}`}`;
}

function nonEmpty(text: string): boolean {
  return text !== '';
}
