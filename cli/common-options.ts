import { Option } from 'commander';
import type { Command } from 'commander';
import { defaults } from './settings.js';

/** Options of every command about a router, routerd included. */
export function commonOptions(command: Command): Command {
  return command
    .option('--config <path>', `config directory or file ($ROUTERD_CONFIG, ${defaults.config})`)
    .option('--state <dir>', `state directory ($ROUTERD_STATE, ${defaults.state})`)
    .addOption(new Option('--state-file <dir>').hideHelp())
    .addOption(new Option('--state-dir <dir>').hideHelp())
    .option('--plugin-dir <dir>', `more plugin manifests (${defaults.pluginDir} where it exists)`)
    .option('--schema <file>', 'one more JSON Schema; may be given several times', collect);
}

/** Gathers the values of an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Who this router is, for whatever is about mobility pools. */
export function nodeOption(): Option {
  return new Option(
    '--node <name>',
    'which member of its mobility pools this router is ($ROUTERD_NODE; default: nodeName of the EventGroup)',
  );
}
