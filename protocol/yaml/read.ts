import { Composer, isAlias, isMap, isScalar, isSeq, Lexer, Parser } from 'yaml';
import type { CST, Document, DocumentOptions, ErrorCode, ParseOptions, SchemaOptions, YAMLMap } from 'yaml';
import type { Path, Place, Problem } from '../problem.js';
import type { Value } from '../resource.js';
import { convert } from './convert.js';
import type { TextIssue } from './convert.js';
import { limits } from './limits.js';
import type { SourceText } from './source-text.js';
import { neverClosed, syntaxAdvice } from './syntax.js';
import { unclosedOpenings } from './unclosed.js';

/** One YAML document: its data, and where each part of the data stands. */
export interface SourceDocument {
  readonly value: Value;
  /** The place of the value (or key) at a path; of the deepest part that exists where the path leads to nothing. */
  readonly place: (path: Path, at?: 'key' | 'value') => Place;
  /** The digest of a checker that is known to have nothing against what the document holds. */
  readonly soundUnder?: string;
}

export interface ReadOutcome {
  /** Documents that hold something and whose syntax is good. */
  readonly documents: readonly SourceDocument[];
  readonly problems: readonly Problem[];
}

export interface ReadOptions {
  /** Anchors and aliases are for the operator's own files; programs write values out. */
  readonly allowAliases: boolean;
  /** Default: `limits`. */
  readonly bounds?: Bounds;
}

export interface Bounds {
  readonly depth: number;
  readonly nodes: number;
}

/**
 * For files that routerd wrote: many files of the operator's come together in one of them, and what was 64 levels deep
 * stands a few levels deeper inside a Router document or a part.
 */
export const ownFileBounds: Bounds = { depth: limits.depth + 8, nodes: Number.POSITIVE_INFINITY };

/**
 * Reads YAML 1.2 (core schema) without its surprises: no directives, tags or merge keys, every key a string and unique,
 * every number exact, depth and size bounded before anything is composed. Total: whatever the text, it returns.
 */
export function readYaml(source: SourceText, options: ReadOptions): ReadOutcome {
  const bounds = options.bounds ?? limits;
  const tokens = tokenize(source.text, bounds);
  if (!Array.isArray(tokens)) return { documents: [], problems: [toProblem(source, tokens)] };
  const directive = tokens.find(token => token.type === 'directive');
  if (directive !== undefined) {
    const message = 'directives (%YAML, %TAG) are not read';
    const issue: TextIssue = {
      reason: 'YamlDirective',
      message,
      hint: 'remove the line',
      offset: directive.offset,
    };
    return { documents: [], problems: [toProblem(source, issue)] };
  }
  const documents: SourceDocument[] = [];
  const problems: Problem[] = [];
  for (const document of new Composer(composerOptions).compose(tokens, false, source.text.length)) {
    const faults = syntaxIssues(document, tokens);
    if (faults.length > 0) {
      problems.push(...faults.map(issue => toProblem(source, issue)));
      continue;
    }
    const { value, issues } = convert(document, { allowAliases: options.allowAliases, depth: bounds.depth });
    problems.push(...issues.map(issue => toProblem(source, issue)));
    if (value !== null)
      documents.push({ value, place: (path, at) => source.placeAt(locate(document, path, at)) });
  }
  return { documents, problems };
}

/**
 * uniqueKeys is off because the library compares each key with all others: 40,000 keys took 28 s. convert() looks for
 * duplicates with a map. Errors and warnings both count: a warning is how the library reports an unknown tag.
 */
const composerOptions = {
  version: '1.2' as const,
  schema: 'core',
  strict: true,
  uniqueKeys: false,
  merge: false,
  stringKeys: true,
  resolveKnownTags: false,
  customTags: [],
  intAsBigInt: true,
  prettyErrors: false,
} satisfies ParseOptions & DocumentOptions & SchemaOptions;

/**
 * Lexes and parses step by step, so that depth and size are known before the recursive composer sees anything. Two
 * levels of the parser's stack are the document's own.
 */
function tokenize(text: string, bounds: Bounds): CST.Token[] | TextIssue {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let nodes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (startsNode(lexeme) && ++nodes > bounds.nodes) {
      const message = `the file holds more than ${bounds.nodes} values`;
      return { reason: 'YamlTooLarge', message, hint: 'split it', offset: parser.offset };
    }
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > bounds.depth + 2) {
      const message = `nesting goes deeper than ${bounds.depth} levels`;
      return { reason: 'YamlTooDeep', message, hint: 'flatten the document', offset: parser.offset };
    }
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

/** Scalars and flow collections; U+001F is the lexer's mark before a plain or block scalar. */
function startsNode(lexeme: string): boolean {
  return lexeme !== '' && '\u001f"\'[{'.includes(lexeme.charAt(0));
}

const reportedSyntaxErrors = 5;

/** One issue a place: what follows there is mostly a consequence. */
function syntaxIssues(document: Document.Parsed, tokens: readonly CST.Token[]): TextIssue[] {
  const { errors, warnings, range } = document;
  if (errors.length + warnings.length === 0) return [];
  const issues = new Map<number, TextIssue>();
  const openings = unclosedOpenings(tokens).filter(offset => offset >= range[0] && offset < range[1]);
  for (const { code, pos } of errors) {
    const opening = endsOpen.has(code) ? openings.at(-1) : undefined;
    const offset = opening ?? pos[0];
    if (issues.has(offset) || issues.size === reportedSyntaxErrors) continue;
    const advice = opening === undefined ? syntaxAdvice(code) : neverClosed;
    issues.set(offset, { reason: 'YamlSyntax', offset, ...advice });
  }
  for (const { code, pos } of warnings) {
    if (code === 'TAG_RESOLVE_FAILED') continue; // convert() reports every explicit tag
    issues.set(pos[0], { reason: 'YamlSyntax', offset: pos[0], ...syntaxAdvice(code) });
  }
  return [...issues.values()];
}

/** How the library reports a text that ends within quotes or brackets. */
const endsOpen = new Set<ErrorCode>(['MISSING_CHAR', 'BAD_INDENT']);

function toProblem(source: SourceText, issue: TextIssue): Problem {
  const { reason, message, hint, offset, related } = issue;
  return {
    reason,
    severity: 'error',
    message,
    ...(hint === undefined ? {} : { hint }),
    place: source.placeAt(offset),
    ...(related === undefined
      ? {}
      : { related: [{ message: related.message, place: source.placeAt(related.offset) }] }),
  };
}

function locate(document: Document.Parsed, path: Path, at: 'key' | 'value' = 'value'): number {
  let node: unknown = document.contents;
  let offset = offsetOf(node) ?? 0;
  for (const [index, part] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    const step = isMap(node)
      ? entry(node, part)
      : isSeq(node)
        ? { value: node.items[Number(part)] }
        : undefined;
    if (step === undefined) break;
    const last = index === path.length - 1;
    const found = last && at === 'key' ? (offsetOf(step.key) ?? offsetOf(step.value)) : offsetOf(step.value);
    offset = found ?? offsetOf(step.key) ?? offset;
    node = step.value;
  }
  return offset;
}

function entry(map: YAMLMap, key: string | number): { key?: unknown; value: unknown } | undefined {
  return map.items.find(pair => isScalar(pair.key) && String(pair.key.value) === String(key));
}

function offsetOf(node: unknown): number | undefined {
  return (node as { range?: readonly number[] | null } | null | undefined)?.range?.[0];
}
