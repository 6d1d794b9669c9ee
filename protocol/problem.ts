import type { ResourceRef } from './resource.js';

/**
 * Where something stands. `file` is relative to the config directory where it lies inside, else absolute; `line` and
 * `column` count from 1, columns in UTF-16 units as editors do. A place without a line means the whole file.
 */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** A path into a document: map keys and list indexes, outermost first. */
export type Path = readonly (string | number)[];

export type Severity = 'error' | 'warning' | 'note';

/**
 * One thing that is wrong or suspicious, as data: problems of the input and findings of a merge have the same shape.
 * `message` says what was found, `hint` what to do; neither ever holds a secret. `related` are the other ends, such as
 * the first of two duplicates.
 */
export interface Problem {
  readonly reason: Reason;
  readonly severity: Severity;
  readonly message: string;
  readonly hint?: string;
  readonly place?: Place;
  readonly related?: readonly { readonly message: string; readonly place: Place }[];
  /** `Plugin/<name>` or `Plugin/<name>#<generation>`. */
  readonly source?: string;
  readonly resource?: ResourceRef;
  /** Path inside the resource, `spec.triggers[0].every`. */
  readonly field?: string;
}

/**
 * A problem as a pure check reports it: inside one document or resource, before anyone knows which file that came from.
 * `path` leads to the value at fault, or to the map that lacks a key; `at` says which of the two ends of a map entry to
 * mark (default `value`).
 */
export interface Issue {
  readonly reason: Reason;
  readonly severity: Severity;
  readonly message: string;
  readonly hint?: string;
  readonly path: Path;
  readonly at?: 'key' | 'value';
}

/** An issue as a problem, without its way into the document: `field` and `place` are for the caller to set. */
export function problemOf({ reason, severity, message, hint }: Issue): Problem {
  return { reason, severity, message, ...(hint === undefined ? {} : { hint }) };
}

/** Every reason code, with what it stands for. `docs/reasons.md` is generated from this table. */
export const reasons = {
  // Files
  ConfigMissing: 'The config directory or file does not exist or holds nothing to read.',
  FileUnreadable: 'A file or folder could not be read.',
  FileNotRegular: 'A configuration file is a device, socket, FIFO or folder.',
  FileTooLarge: 'A file is larger than 8 MiB.',
  TooManyFiles: 'The config directory holds more than 10,000 files.',
  LinkOutside: 'A symbolic link leads out of the config directory.',
  UnsafePermissions: 'A file or a folder above it could be replaced by another user.',
  GroupWritable: 'A file or folder can be changed by a group.',
  StateInsideConfig: 'The config directory lies inside the state directory.',
  // Text and YAML
  InvalidEncoding: 'The bytes are not UTF-8, or hold a character that does not belong in a text file.',
  YamlSyntax: 'The text is not YAML 1.2.',
  YamlDirective: 'A %YAML or %TAG directive was used.',
  YamlTag: 'An explicit tag such as !!binary was used.',
  YamlAlias: 'An anchor or alias is not allowed here, or expands to too much.',
  YamlTooDeep: 'Nesting goes deeper than 64 levels.',
  YamlTooLarge: 'A document holds more than 500,000 values.',
  DuplicateKey: 'A map holds the same key twice.',
  ForbiddenKey: 'A key that programs misread, such as a prototype or a merge key, was used.',
  InvalidKey: 'A map key is not a plain string.',
  UnsafeNumber: 'A number cannot be kept exactly: beyond 2^53, infinite or not a number.',
  EmptyDocument: 'A document holds nothing.',
  // Documents and resources
  NotAMapping: 'A document or resource is not a mapping.',
  MissingField: 'A required field is absent.',
  UnknownField: 'A field is not known for its kind.',
  InvalidType: 'A value has the wrong type.',
  InvalidValue: 'A value is not one of those allowed.',
  InvalidName: 'A name has characters or a length that names cannot have.',
  UnknownKind: 'No schema describes the kind.',
  KindNotAllowed: 'The kind cannot stand here.',
  DuplicateResource: 'Two resources have the same identity.',
  DuplicateReconcile: 'Several Router documents have spec.reconcile.',
  RouterNameMismatch: 'Router documents carry different names.',
  UnknownReference: 'A reference names something that does not exist.',
  DuplicateBinding: 'Two DynamicConfigSources name the same Plugin.',
  DuplicatePolicy: 'There is more than one policy of a kind that may stand once.',
  InlineSecret: 'A secret is written out in the configuration.',
  LeaseShorterThanInterval: 'A lease ends before the next run can renew it.',
  // Schemas
  SchemaUnreadable: 'A schema file could not be read or is not a JSON Schema.',
  SchemaViolation: 'A value does not match an extra schema.',
  // Plugin manifests and executables
  ManifestInvalid: 'A plugin manifest is not one Plugin document of its own name.',
  ExecutableMissing: 'The executable of a plugin does not exist.',
  ExecutableNotRegular: 'The executable of a plugin is not a regular file.',
  ExecutableNotExecutable: 'The executable of a plugin may not be executed.',
  ExecutableUntrusted: 'The executable, or a folder above it, could be replaced by another user.',
  ExecutableInvalid: 'The executable is neither a native program nor a script with an interpreter.',
  // A plugin run
  PluginTimedOut: 'The plugin did not end before its deadline.',
  PluginExited: 'The plugin ended with an exit code other than 0.',
  PluginKilled: 'The plugin was ended by a signal.',
  PluginNotStarted: 'The plugin could not be started.',
  PluginCancelled: 'The run was given up before the plugin ended.',
  OutputTooLarge: 'The plugin printed more than 4 MiB.',
  OutputHeldOpen: 'A process that the plugin left behind kept its output open.',
  // A plugin result
  OutputEmpty: 'The plugin printed nothing.',
  OutputInvalid: 'The output is not one YAML or JSON document.',
  WrongKind: 'The result has another apiVersion or kind.',
  WrongPlugin: 'The result carries the name of another plugin.',
  StatusMissing: 'The result has no status.',
  ResultInvalid: 'A field of the result has the wrong shape.',
  UnknownResultField: 'A field of the result envelope is not known and was ignored.',
  InvalidResource: 'A proposed resource does not validate.',
  ForbiddenKind: 'A proposed resource is of a kind that only the operator may write.',
  DuplicateInResult: 'The result holds one identity twice.',
  CapabilityMissing: 'The plugin does not declare the capability that its output needs.',
  PlanNotImportable: 'An action plan is kept, but the plugin may not propose provider actions.',
  ExecuteModeForbidden: 'An action plan asks for execution instead of a dry-run.',
  InvalidActionPlan: 'An action plan is not well formed.',
  TtlMissing: 'Neither the result nor its source says how long the result holds.',
  TtlCapped: 'The ttl of the result was longer than its source allows.',
  ClockAhead: 'The result was observed in the future; the present was taken.',
  BornExpired: 'The result was observed so long ago that its lease is over.',
  StaleObservation: 'The result was observed before the part in force.',
  Superseded: 'What the plugin was started with has changed since.',
  NotBound:
    'No DynamicConfigSource names the plugin, or it may not propose configuration: its result is not kept.',
  ExchangeNotKept: 'A run could not be kept for a later replay.',
  EventUnheard: 'No plugin listens to the topic of an event that a dry-run supposes.',
  EventDropped: 'An event was given up after five failed runs of its plugin.',
  // Provider actions
  PlanConflict: 'An action plan has the idempotencyKey of another one, but does something else.',
  ActionKeyUsed:
    'An executor was started under the key of an action plan, but the journal does not know of it.',
  // Address ownership
  AddressConflict: 'An address of a pool has more than one home.',
  ClaimNotCaptured: 'A RemoteAddressClaim is about an address that this router does not capture.',
  // Merge
  ResourceConflict: 'A proposed resource has the identity of one that is already there.',
  PartInvalid: 'A part does not validate together with the startup-config.',
  MaskNotAllowed: 'No policy lets the source mask the target.',
  MaskTargetMissing: 'The target of a mask is not in the startup-config.',
  PartExpired: 'The lease of a part is over.',
  PartUnbound: 'The plugin of a part is gone, unbound, or may no longer propose configuration.',
  // The guard
  ChangeHeld: 'A change goes beyond the guard: it is held until somebody promotes it.',
  // State
  StateDrift: 'Files in the state directory were not those of the last generation and were restored.',
  StateInvalid: 'The state directory is not one of routerd, or is damaged.',
  StateRecovered: 'What an interrupted run had left behind was cleaned up.',
  HistoryDiffers:
    'A commit is not what its own files merge to, or does not agree with itself or the one before.',
} as const;

export type Reason = keyof typeof reasons;

export function isError(problem: Problem): boolean {
  return problem.severity === 'error';
}

/** `spec.triggers[0].every`, the way people write a path. */
export function pathText(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** Puts problems in the order in which a reader meets them: by file, line, column. Equal places keep their order. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const at = (problem: Problem) => problem.place ?? { file: '' };
  return [...problems].sort((a, b) => {
    const left = at(a);
    const right = at(b);
    if (left.file !== right.file) return left.file < right.file ? -1 : 1;
    return (left.line ?? 0) - (right.line ?? 0) || (left.column ?? 0) - (right.column ?? 0);
  });
}
