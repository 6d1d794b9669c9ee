import { isList, isMap } from './resource.js';
import type { Resource, Value, ValueMap } from './resource.js';

/** What PROTOCOL.md's redaction says about a key: `secret` values are blanked, `file` and `from` entries are dropped. */
export type Sensitivity = 'secret' | 'file' | 'from';

const secretWords = [
  'secret',
  'password',
  'privatekey',
  'presharedkey',
  'psk',
  'token',
  'credential',
  'passphrase',
  'authkey',
];
const fileEndings = ['keyfile', 'secretfile', 'passwordfile'];
const indirections = ['file', 'env', 'base64'];

/** How sensitive the entry `key: value` is; undefined for ordinary ones. Case, `-` and `_` in keys do not count. */
export function sensitivity(key: string, value: Value): Sensitivity | undefined {
  const plain = key.toLowerCase().replace(/[-_]/g, '');
  if (fileEndings.some(ending => plain.endsWith(ending))) return 'file';
  if (plain.endsWith('from') && isMap(value) && onlyIndirections(value)) return 'from';
  return secretWords.some(word => plain.includes(word)) ? 'secret' : undefined;
}

function onlyIndirections(value: ValueMap): boolean {
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every(key => indirections.includes(key));
}

/**
 * What a plugin may read of a spec: secrets become `""` (or are dropped when they are maps), files and indirections are
 * dropped, at any depth. Undefined when the spec is no map, for then nothing of it can be told to be safe.
 */
export function redactForPlugin(spec: Value | undefined): ValueMap | undefined {
  return isMap(spec) ? redactMap(spec) : undefined;
}

function redactMap(map: ValueMap): ValueMap {
  const kept: Record<string, Value> = {};
  for (const [key, value] of Object.entries(map)) {
    switch (sensitivity(key, value)) {
      case undefined:
        kept[key] = redactValue(value);
        break;
      case 'secret':
        if (!isMap(value)) kept[key] = '';
        break;
      case 'file':
      case 'from':
        break;
    }
  }
  return kept;
}

function redactValue(value: Value): Value {
  if (isList(value)) return value.map(redactValue);
  return isMap(value) ? redactMap(value) : value;
}

/** What stands in the place of a secret in everything that routerctl prints. */
export const blank = '<redacted>';

/**
 * A resource as routerctl prints it: the same keys are blanked, and the values of a Plugin's `spec.env`. Keys stay, so
 * that the reader sees that something is set.
 */
export function redactForDisplay(resource: Resource): Resource {
  const shown = blankMap(resource) as Resource;
  const spec = shown['spec'];
  if (resource.kind !== 'Plugin' || !isMap(spec) || !isMap(spec['env'])) return shown;
  const env = Object.fromEntries(Object.keys(spec['env']).map(key => [key, blank]));
  return { ...shown, spec: { ...spec, env } };
}

/** Blanks the secrets of any printed value, such as the parameters of an action plan. */
export function redactValueForDisplay(value: Value): Value {
  if (isList(value)) return value.map(redactValueForDisplay);
  return isMap(value) ? blankMap(value) : value;
}

function blankMap(map: ValueMap): ValueMap {
  const shown: Record<string, Value> = {};
  for (const [key, value] of Object.entries(map)) {
    const hidden = sensitivity(key, value) !== undefined && value !== '' && value !== null;
    shown[key] = hidden ? blank : redactValueForDisplay(value);
  }
  return shown;
}
