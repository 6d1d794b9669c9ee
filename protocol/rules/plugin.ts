import type { Issue } from '../problem.js';
import { isList, isMap } from '../resource.js';
import type { ValueMap } from '../resource.js';
import { fieldText, mapText } from '../wording.js';
import { issueAt } from './rule.js';

/** Names that the operating system can hold: something, without `=` and NUL. */
export function envNames(resource: ValueMap): Issue[] {
  const env = specOf(resource)['env'];
  if (!isMap(env)) return [];
  return Object.keys(env)
    .filter(name => name === '' || /[=\0]/.test(name))
    .map(name => ({
      ...issueAt(['spec', 'env', name], 'InvalidName'),
      at: 'key',
      message: `${fieldText(JSON.stringify(name))} cannot be the name of an environment variable`,
      hint: 'write a name of at least one character without = and NUL',
    }));
}

/** An interval trigger without `every`, or an event trigger without `topic`, could never fire. */
export function completeTriggers(resource: ValueMap): Issue[] {
  const triggers = specOf(resource)['triggers'];
  const kind = typeof resource['kind'] === 'string' ? resource['kind'] : '';
  if (!isList(triggers)) return [];
  return triggers.flatMap((trigger, index): Issue[] => {
    if (!isMap(trigger)) return [];
    const { type } = trigger;
    if (type !== 'interval' && type !== 'event') return [];
    const [needed, example] =
      type === 'interval' ? (['every', '300s'] as const) : (['topic', 'cloud.refresh'] as const);
    if (Object.hasOwn(trigger, needed)) return [];
    const path = ['spec', 'triggers', index];
    return [
      {
        ...issueAt(path, 'MissingField'),
        message: `\`${needed}\` is missing in ${mapText(kind, path)}`,
        hint: `a trigger of type ${type} needs it, such as \`${needed}: ${example}\``,
      },
    ];
  });
}

function specOf(resource: ValueMap): ValueMap {
  const spec = resource['spec'];
  return isMap(spec) ? spec : {};
}
