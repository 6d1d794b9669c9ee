import type { ErrorObject } from 'ajv';
import type { Value } from '../resource.js';

/**
 * One thing that a schema has against a value: an error of ajv, with the schema around the keyword that failed
 * (`properties` and `required` beside `additionalProperties`, say), which explanations are made from.
 */
export interface Mismatch {
  readonly keyword: string;
  /** JSON pointer into the value. */
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly parentSchema: unknown;
  /** Set on what `propertyNames` found inside a key. */
  readonly propertyName?: string;
}

/** Judges the shape of a value. Total: it never throws, whatever the value. */
export type Shape = (value: Value) => readonly Mismatch[];

/** What ajv makes of a schema, compiled now or ahead of time. */
export interface AjvFunction {
  (value: unknown): boolean;
  errors?: readonly ErrorObject[] | null;
}
