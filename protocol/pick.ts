import { isList, isMap } from './resource.js';
import type { Value, ValueMap } from './resource.js';
import { parseTime } from './time.js';
import type { Instant } from './time.js';

/** Reading data of which nothing is known for sure: what has another type than the one asked for counts as absent. */

export function mapOf(value: Value | undefined): ValueMap {
  return isMap(value) ? value : {};
}

export function listOf(value: Value | undefined): readonly Value[] {
  return isList(value) ? value : [];
}

/** The maps of a list. */
export function mapsOf(value: Value | undefined): ValueMap[] {
  return listOf(value).filter(isMap);
}

export function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** The texts of a list. */
export function textsOf(value: Value | undefined): string[] {
  return listOf(value).filter(entry => typeof entry === 'string');
}

/** An RFC 3339 time. */
export function timeOf(value: Value | undefined): Instant | undefined {
  return typeof value === 'string' ? parseTime(value) : undefined;
}
