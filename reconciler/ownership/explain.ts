import { partFileName } from '../../protocol/part.js';
import type { Part } from '../../protocol/part.js';
import type { Instant } from '../../protocol/time.js';
import { actionPath } from '../action/record.js';
import { statePaths } from '../head.js';
import type { Decision, OwnershipInput, Verdict } from './decision.js';
import { factsPath, inventoryPath } from './record.js';
import { addressJudge } from './resolve.js';
import type { RuleAnswer } from './resolve.js';

/** A file of the state repository that a rule went by. */
export interface Evidence {
  readonly path: string;
  /** Whether it is the operator's entry for the pool, which has a place in the config directory as well. */
  readonly startup: boolean;
}

/** What came of one rule. It applies where it would decide if none came before it. */
export interface RuleAccount extends RuleAnswer {
  readonly decides: boolean;
  /** Of a rule that applies. */
  readonly evidence: readonly Evidence[];
}

export interface Explanation {
  readonly decision: Decision;
  /** All of them, in their order. */
  readonly rules: readonly RuleAccount[];
}

export type ExplainInput = OwnershipInput & { readonly parts: readonly Part[] };

/** Goes through the rules for an address of the prefix, whether anything names it or not, and says what each went by. Pure. */
export function accountOf(address: string, input: ExplainInput, now: Instant): Explanation {
  const { decision, verdicts, answers } = addressJudge(input, now)(address);
  return {
    decision,
    rules: answers.map(answer => {
      const verdict = verdicts.find(said => said.rule === answer.rule);
      return {
        ...answer,
        decides: decision.rule === answer.rule,
        evidence: verdict === undefined ? [] : evidenceOf(verdict, address, input),
      };
    }),
  };
}

function evidenceOf({ rule, class: name }: Verdict, address: string, input: ExplainInput): Evidence[] {
  const { pool, self, inventory } = input;
  const file = (path: string): Evidence => ({ path, startup: false });
  const seen = inventory === undefined ? [] : [file(inventoryPath(pool.name, self.nodeRef))];
  switch (rule) {
    case 'static-owned':
    case 'static-handover':
      return [{ path: statePaths.startup, startup: true }];
    case 'fresh-home-owner': {
      const told = file(factsPath(pool.name));
      return name === 'StaleCapture' ? [told, ...captureFiles(address, input).map(file), ...seen] : [told];
    }
    case 'confirmed-capture':
    case 'capture-not-desired':
      return [...captureFiles(address, input).map(file), ...seen];
    case 'local-router-self':
    case 'local-home-inventory':
      return seen;
    case 'nobody-known':
      return [];
  }
}

/** The journal entry that a capture goes by, or the parts whose plan it is. */
function captureFiles(address: string, { captures, parts }: ExplainInput): string[] {
  const source = captures.get(address)?.source ?? '';
  const [kind, name = ''] = source.split(/ (.*)/s);
  if (kind === 'action') return [actionPath(name)];
  if (kind !== 'plan') return [];
  return parts
    .filter(({ actionPlans }) => actionPlans.some(plan => plan['name'] === name))
    .map(part => statePaths.parts + partFileName(part.source));
}
