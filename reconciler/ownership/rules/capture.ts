import { captureHere, mine } from './rule.js';
import type { Question, Rule } from './rule.js';

/**
 * `confirmed-capture`: the provider shows the address on this router, and the last that happened is that this router was
 * assigned it. An inventory from before the assign cannot confirm it: it may still show what was there before.
 */
export const confirmedCapture: Rule = question => {
  const { address, input } = question;
  const doubt = doubtOf(question);
  if (doubt !== undefined) return doubt;
  return {
    ...mine(input.self, 'confirmed-capture'),
    homeOwnerNode: '',
    class: 'ConfirmedCapture',
    source: input.captures.get(address)?.source ?? '',
    reason: 'this router was assigned it, and the provider shows it there',
    fresh: question.evidence.isFresh,
    ...captureHere(question, 'Confirmed'),
  };
};

/** `capture-not-desired`: the address is on this router, or may come to be, without the above. */
export const captureNotDesired: Rule = question => {
  const { address, input, evidence } = question;
  const record = input.captures.get(address);
  const isShown = evidence.captured.has(address);
  if (!isShown && (record === undefined || record.state === 'released'))
    return 'neither the provider nor an action or plan has it on this router';
  const doubt = doubtOf(question);
  if (doubt === undefined) return 'it is a confirmed capture';
  return {
    class: 'StaleCapture',
    source: record?.source ?? 'inventory',
    reason: `capture-not-desired: ${doubt}`,
    suppressionReason: 'capture-not-desired',
    fresh: !isShown || evidence.isFresh,
    ...captureHere(question, 'Stale'),
  };
};

/** Why the address is no confirmed capture; undefined where it is one. */
function doubtOf({ address, input: { captures, inventory }, evidence }: Question): string | undefined {
  const record = captures.get(address);
  const isShown = evidence.captured.has(address);
  const isNewer = record?.at !== undefined && (inventory?.observedAt ?? -Infinity) >= record.at;
  switch (record?.state) {
    case 'assigned':
      if (!isNewer) return 'this router was assigned it, and the provider was not asked since';
      return isShown ? undefined : 'this router was assigned it, and the provider does not show it there';
    case 'open':
      return isShown
        ? 'the provider shows it on this router, and an assign was planned or tried, but is not known to have worked'
        : 'an assign was planned or tried, and the provider does not show it yet';
    case 'released':
    case undefined:
      return isShown
        ? 'the provider shows it on this router, but no assign of this router put it there'
        : 'the provider does not show it on this router, and nothing is to put it there';
  }
}
