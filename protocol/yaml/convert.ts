import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Alias, Document, Pair, Scalar, YAMLMap } from 'yaml';
import type { Reason } from '../problem.js';
import type { Value } from '../resource.js';
import { printable } from '../text.js';
import { hasLoneSurrogate, isExact } from './exact.js';
import { limits } from './limits.js';

/** A problem inside one text, by offset. */
export interface TextIssue {
  readonly reason: Reason;
  readonly message: string;
  readonly hint?: string;
  readonly offset: number;
  readonly related?: { readonly message: string; readonly offset: number };
}

export interface Conversion {
  readonly value: Value;
  readonly issues: readonly TextIssue[];
}

export interface ConvertOptions {
  readonly allowAliases: boolean;
  /** Levels of nesting, behind aliases too. */
  readonly depth: number;
}

/**
 * Turns a composed document into plain data, reporting everything that JSON-like data cannot hold or that programs read
 * in different ways. What was refused is left out, so that the rest can still be checked.
 */
export function convert(document: Document.Parsed, options: ConvertOptions): Conversion {
  const { allowAliases } = options;
  const issues: TextIssue[] = [];
  let aliasNodes = 0;
  const open = new Set<unknown>();
  const refused = new Set<Reason>();

  const report = (issue: TextIssue): null => {
    issues.push(issue);
    return null;
  };

  /** For limits: one report for the document, not one for each value behind the limit. */
  const reportOnce = (issue: TextIssue): null => {
    if (refused.has(issue.reason)) return null;
    refused.add(issue.reason);
    return report(issue);
  };

  function toValue(node: unknown, depth: number, inAlias: boolean): Value {
    if (node === null || node === undefined) return null;
    if (depth > options.depth) {
      return reportOnce({
        reason: 'YamlTooDeep',
        message: `nesting goes deeper than ${options.depth} levels`,
        hint: 'flatten the document',
        offset: startOf(node),
      });
    }
    if (inAlias && ++aliasNodes > limits.aliasNodes) {
      return reportOnce({
        reason: 'YamlAlias',
        message: `the aliases of this document expand to more than ${limits.aliasNodes} values`,
        hint: 'write the values out',
        offset: startOf(node),
      });
    }
    if (isAlias(node)) return fromAlias(node, depth);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return null;
    if (!inAlias) checkProperties(node);
    if (isScalar(node)) return fromScalar(node, inAlias);
    open.add(node);
    const value = isMap(node)
      ? fromMap(node, depth, inAlias)
      : node.items.map(item => toValue(item, depth + 1, inAlias));
    open.delete(node);
    return value;
  }

  function checkProperties(node: { tag?: string | undefined; anchor?: string | undefined }): void {
    const offset = startOf(node);
    if (node.tag !== undefined) {
      report({ reason: 'YamlTag', message: 'explicit tags are not read', hint: 'remove the !tag', offset });
    }
    if (node.anchor !== undefined && !allowAliases) {
      report({
        reason: 'YamlAlias',
        message: 'anchors are not allowed here',
        hint: 'write the value out',
        offset,
      });
    }
  }

  function fromAlias(alias: Alias.Parsed | Alias, depth: number): Value {
    const offset = startOf(alias);
    if (!allowAliases) {
      return report({
        reason: 'YamlAlias',
        message: 'aliases are not allowed here',
        hint: 'write the value out',
        offset,
      });
    }
    const target = alias.resolve(document);
    if (target === undefined) {
      const message = 'the alias names an anchor that is not set before it';
      return report({ reason: 'YamlAlias', message, offset });
    }
    if (open.has(target)) {
      return report({
        reason: 'YamlAlias',
        message: 'the alias stands inside the value that it names',
        offset,
      });
    }
    return toValue(target, depth, true);
  }

  function fromScalar(node: Scalar, inAlias: boolean): Value {
    const value = node.value;
    if (typeof value === 'bigint' || typeof value === 'number') {
      const number = Number(value);
      const exact = isExact(number);
      if (!exact && !inAlias) {
        report({
          reason: 'UnsafeNumber',
          message: 'the number cannot be kept exactly: it is infinite, not a number, or beyond 2^53',
          hint: 'put it in quotes if text is meant',
          offset: startOf(node),
        });
      }
      return exact ? number + 0 : 0;
    }
    if (typeof value !== 'string') return typeof value === 'boolean' ? value : null;
    if (!hasLoneSurrogate(value)) return value;
    if (inAlias) return '';
    const message = 'the text holds half of a surrogate pair, which is no character';
    report({ reason: 'InvalidEncoding', message, hint: 'write the whole character', offset: startOf(node) });
    return '';
  }

  function fromMap(node: YAMLMap, depth: number, inAlias: boolean): Value {
    const map: Record<string, Value> = {};
    const seen = new Map<string, number>();
    for (const pair of node.items) {
      const key = readKey(pair, seen, inAlias);
      const value = toValue(pair.value, depth + 1, inAlias);
      if (key !== undefined) map[key] = value;
    }
    return map;
  }

  /** The key of an entry, or undefined when the entry has to be left out. */
  function readKey(pair: Pair, seen: Map<string, number>, inAlias: boolean): string | undefined {
    const node = pair.key;
    const offset = startOf(node ?? pair.value);
    if (!isScalar(node)) {
      if (!inAlias) report({ reason: 'InvalidKey', message: 'a map key must be plain text', offset });
      return undefined;
    }
    if (!inAlias) checkProperties(node);
    const key = String(node.value);
    const first = seen.get(key);
    if (first !== undefined) {
      if (!inAlias) {
        const message = `the key ${JSON.stringify(printable(key))} stands twice in this map`;
        const hint = 'remove or rename one of them';
        report({
          reason: 'DuplicateKey',
          message,
          hint,
          offset,
          related: { message: 'first here', offset: first },
        });
      }
      return undefined;
    }
    seen.set(key, offset);
    if (forbiddenKeys.has(key)) {
      if (!inAlias) {
        const hint = key === '<<' ? 'merge keys are not read: write the entries out' : 'use another name';
        report({ reason: 'ForbiddenKey', message: `the key ${key} is not allowed`, hint, offset });
      }
      return undefined;
    }
    if (printable(key) !== key) {
      const message = 'a map key holds control or invisible characters';
      if (!inAlias) report({ reason: 'InvalidKey', message, hint: 'type the key again', offset });
      return undefined;
    }
    return key;
  }

  return { value: toValue(document.contents, 1, false), issues };
}

/** Keys that reach into JavaScript's prototypes, and YAML 1.1's merge key, which 1.2 readers take for a plain key. */
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype', '<<']);

function startOf(node: unknown): number {
  const range = (node as { range?: readonly number[] | null } | null | undefined)?.range;
  return range?.[0] ?? 0;
}
