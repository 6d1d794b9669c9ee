import { oneLine } from '../protocol/text.js';

export interface ActionMessageFacts {
  readonly id: string;
  readonly from: string | undefined;
  readonly to: string;
  readonly by: string;
  /** Why, in words; empty for nothing. */
  readonly message: string;
  /** Which plan it is about: its name and its part. */
  readonly plan: string;
  readonly part: string;
  readonly planDigest: string;
  /** Of the configuration that stays in force. */
  readonly startupConfigHash: string;
  readonly effectiveConfigHash: string;
  readonly policyDigest?: string;
  /** `name digest` of the executor. */
  readonly executor?: string;
}

/** The message of the commit that a transition of an action makes. Nothing in it can add a trailer or an escape. */
export function actionMessage(facts: ActionMessageFacts): string {
  const { id, from, to, message, policyDigest, executor } = facts;
  return [
    oneLine(`action: ${id} ${from === undefined ? '' : `${from} -> `}${to} (${facts.by})`),
    '',
    ...(message === '' ? [] : [oneLine(message), '']),
    `Trigger: action ${oneLine(id)}`,
    `Startup-Config-Hash: ${oneLine(facts.startupConfigHash)}`,
    `Effective-Config-Hash: ${oneLine(facts.effectiveConfigHash)}`,
    `Action-State: ${oneLine(to)}`,
    `Action-Plan: ${oneLine(facts.plan)} ${oneLine(facts.planDigest)}`,
    `Dynamic-Part: ${oneLine(facts.part)}`,
    ...(policyDigest === undefined ? [] : [`Policy: ${oneLine(policyDigest)}`]),
    ...(executor === undefined ? [] : [`Executor: ${oneLine(executor)}`]),
    '',
  ].join('\n');
}
