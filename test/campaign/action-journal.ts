import { parse } from 'yaml';
import { userGit } from '../rig/store.js';

/** An action as its file in HEAD tells it. */
export interface Entry {
  readonly id: string;
  readonly key: string;
  readonly state: string;
  /** Every state that it ever came to, in order. */
  readonly reached: readonly string[];
}

interface EntryFile {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly idempotencyKey: string };
  readonly status: { readonly state: string };
  readonly transitions: readonly { readonly from?: string; readonly to: string }[];
}

/** The journal of HEAD, read by plain git and a YAML parser. */
export function journalOf(state: string): Entry[] {
  const names = userGit(state, 'ls-tree', '-r', '--name-only', 'HEAD', 'actions/')
    .split('\n')
    .filter(Boolean);
  if (names.length === 0) return [];
  const text = userGit(state, 'show', ...names.map(name => `HEAD:${name}`));
  return text
    .split(/^(?=apiVersion: )/m)
    .map(one => parse(one) as EntryFile)
    .map(({ metadata, spec, status, transitions }) => ({
      id: metadata.name,
      key: spec.idempotencyKey,
      state: status.state,
      reached: transitions.map(({ to }) => to),
    }));
}

/** The states that each action came to, by the trailers of the commits alone. */
export function statesInLog(state: string): Map<string, string[]> {
  const trailer = (key: string) => `%(trailers:key=${key},valueonly,separator=%x1e)`;
  const format = `--format=${trailer('Trigger')}%x1f${trailer('Action-State')}`;
  const found = new Map<string, string[]>();
  for (const line of userGit(state, 'log', '--reverse', format, '--', 'actions/').split('\n')) {
    const [trigger = '', to = ''] = line.split('\u001f');
    const [word, id] = trigger.split(' ');
    if (word === 'action' && id !== undefined) found.set(id, [...(found.get(id) ?? []), to]);
  }
  return found;
}
