import { isMobilityPool } from '../../protocol/mobility.js';
import { expiredTopic, observedTopic } from '../ownership/remote-facts.js';
import type { Trigger } from '../../protocol/plugin.js';
import type { Situation } from '../situation.js';
import { isPassPlugin } from '../situation.js';

/** Stands in the queue for routerd itself, which takes in what other nodes say about addresses. No plugin can be called so. */
export const ownershipListener = '(ownership)';

/** By topic, the plugins whose own triggers, or those of their binding, name it exactly. */
export function listenersOf(situation: Situation): Map<string, string[]> {
  const listeners = new Map<string, string[]>();
  for (const plugin of situation.plugins.filter(isPassPlugin)) {
    const own: readonly Trigger[] = plugin.declaration?.triggers ?? [];
    const added = situation.bindings.get(plugin.name)?.source.triggers ?? [];
    const topics = new Set(
      [...own, ...added].flatMap(trigger => (trigger.type === 'event' ? [trigger.topic] : [])),
    );
    for (const topic of topics) listeners.set(topic, [...(listeners.get(topic) ?? []), plugin.name]);
  }
  if (situation.startup?.resources.some(isMobilityPool) === true) {
    for (const topic of [observedTopic, expiredTopic]) {
      listeners.set(topic, [...(listeners.get(topic) ?? []), ownershipListener]);
    }
  }
  return listeners;
}
