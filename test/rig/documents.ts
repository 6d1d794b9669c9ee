/** What routerctl prints with `-o json`, field by field as DESIGN.md's "Machine output" lists it. */

export interface Ref {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

export interface Problem {
  readonly reason: string;
  readonly severity: 'error' | 'warning' | 'note';
  readonly message: string;
  readonly hint?: string;
  readonly place?: Place;
  readonly related?: readonly { readonly message: string; readonly place: Place }[];
  readonly source?: string;
  readonly resource?: Ref;
  readonly field?: string;
}

export interface ValidationReport {
  readonly apiVersion: string;
  readonly kind: string;
  readonly valid: boolean;
  readonly resources: number;
  readonly problems: readonly Problem[];
}

export interface PartSummary {
  readonly source: string;
  readonly generation: number;
  readonly digest: string;
  readonly observedAt: string;
  readonly expiresAt: string;
}

export interface PluginEntry {
  readonly name: string;
  readonly due: boolean;
  readonly why: string;
  readonly outcome: string;
  readonly part?: PartSummary;
  readonly problems: readonly Problem[];
}

export interface Change {
  readonly action: string;
  readonly resource: Ref;
  readonly source: string;
  readonly reason: string;
  readonly until?: string;
  readonly fields?: readonly string[];
}

/** `ReconcilePlan` and `ReconcileResult`. */
export interface Plan {
  readonly apiVersion: string;
  readonly kind: string;
  readonly changed: boolean;
  readonly generation: { readonly current: number; readonly next: number };
  readonly effectiveConfigHash: { readonly current: string | null; readonly next: string | null };
  readonly startupConfigHash: string;
  readonly changes: readonly Change[];
  readonly problems: readonly Problem[];
  readonly plugins: readonly PluginEntry[];
  readonly findings: readonly Problem[];
  readonly diff: string;
  readonly commit?: string | null;
}

export interface PluginRun {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plugin: string;
  readonly source: string;
  readonly dryRun: boolean;
  readonly stored: boolean;
  readonly outcome: {
    readonly exitCode: number | null;
    readonly signal: string | null;
    readonly durationMs: number;
    readonly timedOut: boolean;
    readonly stdoutDigest: string;
    readonly stderr: string;
    readonly error: { readonly reason: string; readonly message: string } | null;
  };
  readonly part: unknown;
  readonly summary: {
    readonly resources: number;
    readonly directives: number;
    readonly actionPlans: number;
    readonly events: number;
  };
  readonly problems: readonly Problem[];
}

/** `LINE:COL Reason` where the problem names a line, else `Reason`. */
export function reasonAt({ reason, place }: Problem): string {
  return place?.line === undefined ? reason : `${place.line}:${place.column} ${reason}`;
}

export function reasonsOf(problems: readonly Problem[]): string[] {
  return problems.map(({ reason }) => reason);
}
