import { resolve } from 'node:path';
import { oneLine, printable } from '../../protocol/text.js';
import { readExchanges } from '../../reconciler/replay/keep.js';
import { replay } from '../../reconciler/replay/replay.js';
import type { Replayed } from '../../reconciler/replay/replay.js';
import { cannotRun } from '../../reconciler/situation.js';
import { pluginLockPath } from '../../reconciler/state-dir.js';
import { checkExecutable } from '../../state/executable.js';
import type { Executable } from '../../state/executable.js';
import type { ConfiguredPlugin } from '../../state/config/manifest.js';
import { isLocked } from '../../state/lock-helper.js';
import { emit } from '../output/format.js';
import type { Io } from '../io.js';
import { replayDocument, replayExitCode } from '../reports/replay.js';
import { settingsOf } from '../settings.js';
import { replayText } from '../text/replay-text.js';
import type { Command, OutputOptions } from './context.js';
import { explainFailure } from './failure.js';
import { lookAsIs } from './pass.js';

export interface PluginReplayOptions extends OutputOptions {
  readonly name: string;
  /** Another program than the configured one. */
  readonly executable?: string;
  readonly last: number;
}

const trouble = 2;

/** Puts the kept requests of a plugin to a program, one after the other. Writes nothing. */
export const pluginReplay: Command<PluginReplayOptions> = async (options, context) => {
  const { io, signal } = context;
  const { name } = options;
  const settings = await settingsOf(options, context.env);
  const dir = settings.state.path;
  const looked = await lookAsIs(settings, context, `routerctl plugin replay ${name}`);
  if (!looked.ok) return explainFailure(looked.failure, io, trouble);
  const { plugins, bindings, checker } = looked.value.situation;
  const plugin = plugins.find(entry => entry.name === name);
  if (plugin === undefined) {
    const known = plugins.map(entry => entry.name);
    return explainFailure({ kind: 'noSuchPlugin', name, known }, io, trouble);
  }
  const { declaration } = plugin;
  const executable = await programOf(plugin, options, io);
  if (declaration === undefined || executable === undefined) return trouble;
  const exchanges = (await readExchanges(dir, name)).slice(-options.last);
  if (exchanges.length === 0) {
    io.note(`routerctl: no accepted run of ${name} is kept in ${printable(dir)}: run it first\n`);
    return trouble;
  }
  if (await isLocked(pluginLockPath(dir, name))) {
    io.note(`routerctl: ${name} is running: try again when it has ended\n`);
    return trouble;
  }
  const replayed: Replayed[] = [];
  for (const exchange of exchanges) {
    replayed.push(
      await replay(exchange, {
        plugin: declaration,
        binding: bindings.get(name)?.source,
        executable,
        checker,
        searchPath: settings.state.searchPath,
        signal,
      }),
    );
  }
  const document = replayDocument({
    plugin: name,
    executable,
    replayed,
    showSecrets: options.showSecrets === true,
  });
  emit(io, options.output, {
    document,
    table: () => replayText(document, { colour: io.colour.out }),
  });
  return replayExitCode(document);
};

/** The program to put the requests to, checked as that of any plugin; why there is none has been said. */
async function programOf(
  plugin: ConfiguredPlugin,
  { executable }: PluginReplayOptions,
  io: Io,
): Promise<Executable | undefined> {
  if (executable === undefined || plugin.declaration === undefined) {
    if (plugin.executable === undefined) io.note(`routerctl: ${oneLine(cannotRun(plugin), 400)}\n`);
    return plugin.executable;
  }
  const checked = await checkExecutable(resolve(executable));
  if (checked.ok) return checked.value;
  const { message, hint } = checked.failure;
  io.note(`routerctl: ${oneLine(message, 400)}\n  hint: ${oneLine(hint, 400)}\n`);
  return undefined;
}
