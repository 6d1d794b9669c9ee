import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Value } from '../../protocol/resource.js';
import { parseExtraSchema } from '../../protocol/schema/extra.js';
import type { ExtraSchema } from '../../protocol/schema/extra.js';
import { root } from './root.js';

export function readJsonFile(path: string): Value {
  return JSON.parse(readFileSync(path, 'utf8')) as Value;
}

/** A schema of test/fixtures/schemas, taken apart. */
export function fixtureSchema(name: string): ExtraSchema {
  return usable(name, readJsonFile(join(root, 'test/fixtures/schemas', name)));
}

export function usable(file: string, schema: Value): ExtraSchema {
  const parsed = parseExtraSchema(file, schema);
  if (!parsed.ok) throw new Error(parsed.failure.map(({ message }) => message).join('\n'));
  return parsed.value;
}
