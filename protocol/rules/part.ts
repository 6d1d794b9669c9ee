import type { Issue } from '../problem.js';
import { isMap } from '../resource.js';
import type { ValueMap } from '../resource.js';
import { issueAt } from './rule.js';

/** The name of a DynamicConfigPart repeats its source and generation, so that two parts never share one. */
export function partName(resource: ValueMap): Issue[] {
  const { metadata, spec } = resource;
  if (!isMap(metadata) || !isMap(spec)) return [];
  const { source, generation } = spec;
  const name = metadata['name'];
  if (typeof source !== 'string' || typeof generation !== 'number' || typeof name !== 'string') return [];
  const expected = `${source.replaceAll('/', '-')}-${generation}`;
  if (name === expected) return [];
  return [
    {
      ...issueAt(['metadata', 'name'], 'InvalidName'),
      message: '`metadata.name` must be the source and the generation of the part',
      hint: `write \`${expected}\``,
    },
  ];
}
