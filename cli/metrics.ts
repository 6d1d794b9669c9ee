import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { partId } from '../protocol/part.js';
import type { PassReport } from '../reconciler/report.js';

/** What a running routerd counts, in the Prometheus text format. */
export interface Metrics {
  /** Takes in a pass that wrote something. */
  readonly observe: (report: PassReport) => void;
  readonly text: () => Promise<string>;
}

export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: 'routerd_' });
  new Gauge({
    name: 'routerd_info',
    help: 'Always 1; the label tells the version.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1);
  const generation = new Gauge({
    name: 'routerd_generation',
    help: 'Number of the generation in force.',
    registers,
  });
  const valid = new Gauge({
    name: 'routerd_startup_config_valid',
    help: '1 when the config directory validates.',
    registers,
  });
  const commits = new Counter({
    name: 'routerd_commits_total',
    help: 'Commits made, by whether the effective-config changed.',
    labelNames: ['generation'],
    registers,
  });
  const runs = new Counter({
    name: 'routerd_plugin_runs_total',
    help: 'Plugin runs that ended, by outcome.',
    labelNames: ['plugin', 'outcome'],
    registers,
  });
  const durations = new Histogram({
    name: 'routerd_plugin_run_duration_seconds',
    help: 'How long plugin runs took.',
    labelNames: ['plugin'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60],
    registers,
  });
  const leases = new Gauge({
    name: 'routerd_part_expires_timestamp_seconds',
    help: 'When the lease of each part in force ends, seconds since 1970.',
    labelNames: ['source', 'part'],
    registers,
  });
  return {
    observe({ settlement, commit, config, plugins }) {
      valid.set(config.startup === undefined ? 0 : 1);
      if (settlement !== undefined) {
        const { current, next } = settlement.generation;
        generation.set(next);
        if (commit !== undefined) commits.inc({ generation: next > current ? 'new' : 'same' });
        leases.reset();
        for (const { part, status } of settlement.merged.parts) {
          if (status === 'active')
            leases.set({ source: part.source, part: partId(part) }, part.expiresAt / 1000);
        }
      }
      for (const { name, outcome, run } of plugins) {
        if (run === undefined) continue;
        runs.inc({ plugin: name, outcome });
        durations.observe({ plugin: name }, run.child.durationMs / 1000);
      }
    },
    text: () => registry.metrics(),
  };
}
