import type { Issue } from '../problem.js';
import { isMap, kindKey } from '../resource.js';
import type { Value, ValueMap } from '../resource.js';
import { envelopeRules, rulesOf } from '../rules/kinds.js';
import { applyRules } from '../rules/rule.js';
import { oneLine } from '../text.js';
import { typeText } from '../wording.js';
import { extraShape } from './compile.js';
import { explain, placeKey } from './explain.js';
import { extrasDigest } from './extra.js';
import type { ExtraSchema } from './extra.js';
import { kindHint } from './kind-hint.js';
import { shippedKind, shippedKinds } from './kinds.js';
import type { Shape } from './shape.js';
import { shippedShape } from './shipped.js';

export { checkEnvelope } from './envelope.js';
export type { ResultKind } from './envelope.js';

/** Checks documents and resources against the schemas that ship, those of the operator, and the value rules. */
export interface Checker {
  /**
   * Envelope, shape and value rules of one resource; takes any value and never throws. A kind that no schema describes
   * gets its envelope checked and a note, or an error where an extra schema says that there are no other kinds.
   */
  checkResource(resource: Value): readonly Issue[];
  /** The envelope of a Router document, without what its resources hold. */
  checkRouter(router: ValueMap): readonly Issue[];
  /** Whether `checkRouter` may depend on how many resources there are, or which: an extra schema says anything. */
  readonly countsResources: boolean;
  /** sha256 of the extra schemas in use, '' for none: for cache keys and digests of inputs. */
  readonly digest: string;
}

/**
 * Later extra schemas win over earlier ones for the same kind, and all of them over those that ship; value rules always
 * stay. A resource of a kind whose extra schema does not compile gets `SchemaUnreadable`.
 */
export function createChecker(extras: readonly ExtraSchema[] = []): Checker {
  const owners = new Map(extras.flatMap(extra => [...extra.kinds.keys()].map(key => [key, extra] as const)));
  const closedBy = extras.find(({ closed }) => closed);
  const envelopes = extras.flatMap(extra =>
    extra.envelope === undefined ? [] : [{ extra, part: extra.envelope }],
  );
  let digest: string | undefined;

  /** What the schema of a kind has against a resource; undefined where there is none. */
  function shapeIssues(ref: Kind, resource: ValueMap): readonly Issue[] | undefined {
    const key = kindKey(ref);
    const extra = owners.get(key);
    if (extra !== undefined) return judge(extraPart(extra, extra.kinds.get(key) ?? true), ref.kind, resource);
    const shipped = shippedKind(ref);
    return shipped === undefined ? undefined : judge(shippedShape(shipped.schema), ref.kind, resource);
  }

  function unknownKind(ref: Kind): Issue {
    const hint = kindHint(ref, [...[...owners.keys()].map(kindOf), ...resourceKinds]);
    const name = `${ref.kind} of ${ref.apiVersion}`;
    return {
      reason: 'UnknownKind',
      severity: closedBy === undefined ? 'note' : 'error',
      message:
        closedBy === undefined
          ? `no schema describes ${name}: only its apiVersion, kind and name were checked`
          : `there is no kind ${name} in ${oneLine(closedBy.file)}`,
      ...(hint === undefined ? {} : { hint }),
      path: ['kind'],
    };
  }

  /** Resources never change: what is wrong with one is found out once. */
  const judged = new WeakMap<ValueMap, readonly Issue[]>();

  function judgeResource(resource: ValueMap): readonly Issue[] {
    const { apiVersion, kind } = resource;
    const name = typeof kind === 'string' ? kind : 'resource';
    const envelope = judge(shippedShape('resource'), name, resource);
    const rules = applyRules(envelopeRules, resource);
    if (typeof apiVersion !== 'string' || typeof kind !== 'string' || rules.some(namesKind))
      return mergeIssues(envelope, rules);
    const ref = { apiVersion, kind };
    const role = shippedKind(ref)?.role;
    if (role === 'document' || role === 'message') return [notAResource(ref)];
    const shape = shapeIssues(ref, resource);
    if (shape === undefined) return mergeIssues([...envelope, unknownKind(ref)], rules);
    // An extra schema may forget the envelope. One that has something against it needs no second opinion.
    const checked = shape.every(({ path }) => path[0] === 'spec') ? [...shape, ...envelope] : shape;
    const own = rulesOf(ref);
    return mergeIssues(checked, own === undefined ? rules : [...rules, ...applyRules(own, resource)]);
  }

  return {
    countsResources: envelopes.length > 0,
    checkResource(resource) {
      if (!isMap(resource)) return [notAMapping(resource)];
      let issues = judged.get(resource);
      if (issues === undefined) judged.set(resource, (issues = judgeResource(resource)));
      return issues;
    },
    checkRouter(router) {
      const shapes = envelopes.map(({ extra, part }) => extraPart(extra, part));
      const issues = [shippedShape('router'), ...shapes].map(shape => judge(shape, 'Router', router));
      return mergeIssues(
        issues.reduce((all, more) => mergeIssues(all, more)),
        applyRules(envelopeRules, router),
      );
    },
    get digest() {
      return (digest ??= extrasDigest(extras));
    },
  };
}

const resourceKinds = shippedKinds.filter(({ role }) => role === 'resource');

interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Undoes kindKey. */
function kindOf(key: string): Kind {
  const [apiVersion = '', kind = ''] = key.split(' ');
  return { apiVersion, kind };
}

function namesKind({ path }: Issue): boolean {
  return path[0] === 'apiVersion' || path[0] === 'kind';
}

type Judgement = Shape | Issue;

function extraPart(extra: ExtraSchema, part: Value): Judgement {
  const shape = extraShape(extra.root, part);
  if (shape.ok) return shape.value;
  return {
    reason: 'SchemaUnreadable',
    severity: 'error',
    message: `the schema ${oneLine(extra.file)} does not compile: ${shape.failure}`,
    path: [],
  };
}

function judge(shape: Judgement, kind: string, value: Value): readonly Issue[] {
  return typeof shape === 'function' ? explain(shape(value), { kind, value }) : [shape];
}

/**
 * Adds what value rules found to what the schema found. About the same value the rule says more than the schema, unless
 * its type is wrong; below a field that should not be there nothing more is said.
 */
function mergeIssues(shape: readonly Issue[], rules: readonly Issue[]): Issue[] {
  const merged = new Map(shape.map(issue => [placeKey(issue), issue]));
  const unknown = shape.filter(({ reason }) => reason === 'UnknownField').map(({ path }) => path);
  for (const issue of rules) {
    if (unknown.some(path => path.every((step, index) => step === issue.path[index]))) continue;
    const key = placeKey(issue);
    if (merged.get(key)?.reason !== 'InvalidType') merged.set(key, issue);
  }
  return [...merged.values()];
}

function notAMapping(value: Value): Issue {
  return {
    reason: 'NotAMapping',
    severity: 'error',
    message: `a resource must be a map, but is ${typeText(value)}`,
    hint: 'write apiVersion, kind, metadata and spec',
    path: [],
  };
}

function notAResource({ kind }: Kind): Issue {
  const document = kind === 'Router';
  return {
    reason: 'KindNotAllowed',
    severity: 'error',
    message: document
      ? 'a Router cannot stand among the resources of another'
      : `${kind} is a message between routerd and a plugin, not a resource`,
    ...(document ? { hint: 'make it a document of its own' } : {}),
    path: ['kind'],
  };
}
