import type { BusEvent } from '../../protocol/event.js';
import { isTopic } from '../../protocol/names.js';
import { partId } from '../../protocol/part.js';
import { sourceOf } from '../../protocol/plugin.js';
import { isMap, refKey } from '../../protocol/resource.js';
import type { ValueMap } from '../../protocol/resource.js';
import { formatTime } from '../../protocol/time.js';
import type { PassReport, PluginReport } from '../report.js';

/**
 * The events that a pass gives rise to: what routerd tells about itself, and what plugins reported. Pure; the ids follow
 * from what happened, so that doing it again gives the same events.
 */
export function eventsOfPass(report: PassReport): BusEvent[] {
  const { settlement, commit, finishedAt } = report;
  const event = (topic: string, id: string, attributes: ValueMap): BusEvent => ({
    id,
    topic,
    time: finishedAt,
    source: 'routerd',
    attributes,
  });
  const events: BusEvent[] = [];
  if (settlement !== undefined && commit !== undefined) {
    const { generation, startupConfigHash, effectiveConfigHash } = settlement;
    if (settlement.commit?.causes.some(({ type }) => type === 'config') === true) {
      events.push(event('routerd.config.changed', `config-${commit}`, { startupConfigHash }));
    }
    if (generation.next > generation.current) {
      const attributes = {
        generation: generation.next,
        commit,
        effectiveConfigHash: effectiveConfigHash.next,
      };
      events.push(
        event('routerd.generation.committed', `generation-${generation.next}-${commit}`, attributes),
      );
    }
    for (const { part, cause } of settlement.ended) {
      if (cause === 'expiry')
        events.push(event('routerd.part.expired', `expired-${idText(partId(part))}`, { part: partId(part) }));
    }
    for (const { action, resource } of settlement.changes) {
      if (action === 'unmasked') {
        const key = refKey(resource);
        events.push(
          event('routerd.mask.lifted', `lifted-${generation.next}-${idText(key)}`, { ...resource }),
        );
      }
    }
  }
  for (const plugin of report.plugins) events.push(...eventsOfPlugin(plugin, event));
  return events;
}

function eventsOfPlugin(
  plugin: PluginReport,
  event: (topic: string, id: string, attributes: ValueMap) => BusEvent,
): BusEvent[] {
  const { name, outcome, part, run, problems } = plugin;
  if (run === undefined) return [];
  const at = formatTime(run.startedAt);
  const id = (what: string) => `${what}-${name}-${idText(at)}`;
  const source = sourceOf(name);
  const told = (run.proposal?.events ?? []).flatMap(({ type, message, attributes }, i): BusEvent[] => {
    const topic = `routerd.plugin.event.${type}`;
    // A type that makes no topic cannot be listened to; the part keeps the event as the plugin reported it.
    if (!isTopic(topic) || (outcome !== 'accepted' && outcome !== 'renewed' && outcome !== 'notBound'))
      return [];
    const details = {
      ...(message === undefined ? {} : { message }),
      ...(isMap(attributes) ? attributes : {}),
    };
    return [{ ...event(topic, `${id('event')}-${i}`, details), source }];
  });
  switch (outcome) {
    case 'accepted':
    case 'renewed': {
      const attributes =
        part === undefined
          ? { plugin: name }
          : { plugin: name, part: partId(part), expiresAt: formatTime(part.expiresAt) };
      return [event(`routerd.part.${outcome}`, id(outcome), attributes), ...told];
    }
    case 'held':
      return [
        event('routerd.part.held', id('held'), {
          plugin: name,
          reasons: problems.map(({ message }) => message),
        }),
      ];
    case 'rejected':
      return [
        event('routerd.part.rejected', id('rejected'), {
          plugin: name,
          reasons: problems.map(({ reason }) => reason),
        }),
      ];
    case 'failed':
      return [
        event('routerd.plugin.failed', id('failed'), {
          plugin: name,
          reasons: problems.map(({ reason }) => reason),
        }),
      ];
    case 'notBound':
      return told;
    case 'superseded':
    case 'running':
    case 'notDue':
    case 'notRun':
      return [];
  }
}

/** Text as part of an id, which is a resource name. */
function idText(text: string): string {
  return text.replace(/[^A-Za-z0-9]+/g, '-').replace(/-$/, '');
}
