import type { PassReport } from '../report.js';
import type { Log } from './logger.js';

/** Tells the log about passes that wrote something: what is new to a person at `info` and above, the rest at `debug`. */
export function createTeller(log: Log): (report: PassReport) => void {
  let toldErrors = '';
  let toldWithheld = '';
  return ({ commit, settlement, plugins, config, repairs, withheld }) => {
    if (commit !== undefined && settlement !== undefined) {
      const { current, next } = settlement.generation;
      log('info', next > current ? `committed generation ${next}` : 'committed inputs', {
        commit,
        changes: settlement.changes.length,
      });
    }
    for (const { held } of settlement?.holds ?? []) {
      const { source, digest, reasons } = held;
      // That of the directory is told below.
      if (digest === withheld?.digest) continue;
      log('warn', `held ${source}`, { digest, reasons: reasons.map(({ message }) => message) });
    }
    for (const { reason, message } of repairs) log('warn', message, { reason });
    for (const { name, outcome, problems } of plugins) {
      if (outcome === 'failed' || outcome === 'rejected') {
        log('warn', `plugin ${outcome}`, {
          plugin: name,
          problems: problems.map(({ reason, message }) => `${reason}: ${message}`),
        });
      } else if (outcome === 'accepted') log('info', 'part accepted', { plugin: name });
      else if (outcome === 'renewed' || outcome === 'superseded')
        log('debug', `part ${outcome}`, { plugin: name });
    }
    // What was told once is in every status from then on.
    if (withheld !== undefined && withheld.digest + withheld.kind !== toldWithheld) {
      const { kind, by, why, digest } = withheld;
      log('warn', 'what the config directory holds is not taken', { kind, by, why, digest });
    }
    toldWithheld = withheld === undefined ? '' : withheld.digest + withheld.kind;
    const errors =
      config.startup === undefined ? config.problems.filter(({ severity }) => severity === 'error') : [];
    // Every renewal of a part is a pass: what is still wrong was told when it went wrong.
    const gist = JSON.stringify(errors);
    if (gist === toldErrors) return;
    toldErrors = gist;
    for (const { message, reason, place } of errors) log('error', message, { reason, place });
  };
}
