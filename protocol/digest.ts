import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Value } from './resource.js';

/** `sha256:<64 hex>` of bytes, or of text in UTF-8. */
export function sha256(content: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** RFC 8785: the one JSON text of a value. */
export function canonicalJson(value: Value): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error('a value has no JSON form');
  return text;
}

export function digestOf(value: Value): string {
  return sha256(canonicalJson(value));
}
