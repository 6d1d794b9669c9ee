import { formatTime } from '../../protocol/time.js';
import type { Instant } from '../../protocol/time.js';
import type { Change } from '../../render/changes.js';
import type { Assumptions, Forecast, Period } from '../../reconciler/forecast/forecast.js';
import type { ForecastStep, Happening } from '../../reconciler/forecast/step.js';
import type { Document } from '../output/format.js';

/** What `forecast` prints. Times are RFC 3339. */
export interface ForecastDocument extends Document {
  readonly kind: 'Forecast';
  readonly from: string;
  readonly until: string;
  /** `renew`: every plugin runs when it is due and says what it said last; `dead`: none ever runs again. */
  readonly plugins: Assumptions['plugins'];
  /** What is in force now. */
  readonly current: InForce;
  readonly steps: readonly StepDocument[];
  /** What is in force at the end. */
  readonly final: InForce;
  /** False where there were too many steps to go on until `until`; `reached` says how far it went. */
  readonly complete: boolean;
  readonly reached: string;
}

export interface InForce {
  readonly generation: number;
  readonly effectiveConfigHash: string | null;
}

export interface StepDocument {
  readonly at: string;
  readonly happenings: readonly HappeningDocument[];
  /** Null where the effective-config stays the same. */
  readonly generation: number | null;
  readonly effectiveConfigHash: string | null;
  readonly changes: readonly Change[];
}

/** A happening whose times are text. */
export type HappeningDocument =
  | Exclude<Happening, { readonly type: 'pluginRun' }>
  | (Omit<Extract<Happening, { readonly type: 'pluginRun' }>, 'lease'> & { readonly leaseUntil?: string });

export interface ForecastFacts {
  readonly forecast: Forecast;
  readonly period: Period;
  readonly plugins: Assumptions['plugins'];
  readonly current: InForce;
}

export function forecastDocument({ forecast, period, plugins, current }: ForecastFacts): ForecastDocument {
  const { steps, final, reached } = forecast;
  return {
    kind: 'Forecast',
    from: formatTime(period.from),
    until: formatTime(period.until),
    plugins,
    current,
    steps: steps.map(stepDocument),
    final: { generation: final.generation, effectiveConfigHash: final.effectiveConfigHash ?? null },
    complete: reached >= period.until,
    reached: formatTime(reached),
  };
}

function stepDocument({ at, happenings, becomes, changes }: ForecastStep): StepDocument {
  return {
    at: formatTime(at),
    happenings: happenings.map(happeningDocument),
    generation: becomes?.generation ?? null,
    effectiveConfigHash: becomes?.effectiveConfigHash ?? null,
    changes,
  };
}

function happeningDocument(happening: Happening): HappeningDocument {
  if (happening.type !== 'pluginRun') return happening;
  const { lease, ...rest } = happening;
  return lease === undefined ? rest : { ...rest, leaseUntil: formatTime(lease.expiresAt) };
}

/** How long after the beginning. */
export function afterMs({ from }: Pick<ForecastDocument, 'from'>, at: string): Instant {
  return Date.parse(at) - Date.parse(from);
}
