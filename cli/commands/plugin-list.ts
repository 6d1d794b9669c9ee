import { durationText } from '../../protocol/duration.js';
import type { Trigger } from '../../protocol/plugin.js';
import { sourceOf } from '../../protocol/plugin.js';
import { browseConfig } from '../../reconciler/config-cache.js';
import { emit, listDocument, table } from '../output/format.js';
import { settingsOf } from '../settings.js';
import type { Command, OutputOptions } from './context.js';

interface PluginItem {
  readonly name: string;
  readonly source: string;
  readonly executable: string | null;
  readonly capabilities: readonly string[];
  readonly triggers: readonly string[];
  readonly timeout: string | null;
  /** The DynamicConfigSource that binds it, null for none. */
  readonly boundBy: string | null;
  readonly runnable: boolean;
  readonly problems: readonly unknown[];
}

export const pluginList: Command<OutputOptions> = async (options, { io, env }) => {
  const settings = await settingsOf(options, env);
  const config = await browseConfig(settings.config);
  const bindings = config.resources.filter(({ resource }) => resource.kind === 'DynamicConfigSource');
  const items = config.plugins.map(({ name, declaration, executable, problems }): PluginItem => {
    const binding = bindings.find(({ resource }) => {
      const spec = resource['spec'] as { readonly pluginRef?: unknown } | undefined;
      return spec?.pluginRef === name;
    });
    return {
      name,
      source: sourceOf(name),
      executable: declaration?.executable ?? null,
      capabilities: declaration?.capabilities ?? [],
      triggers: (declaration?.triggers ?? []).map(triggerText),
      timeout: declaration === undefined ? null : durationText(declaration.timeoutMs),
      boundBy: binding?.resource.metadata.name ?? null,
      runnable: executable !== undefined,
      problems,
    };
  });
  emit(io, options.output, {
    document: listDocument('Plugin', items),
    table: () =>
      table(
        ['NAME', 'RUNNABLE', 'BOUND BY', 'TRIGGERS', 'CAPABILITIES', 'EXECUTABLE'],
        items.map(item => [
          item.name,
          item.runnable ? 'yes' : 'no',
          item.boundBy ?? '-',
          item.triggers.join(', ') || '-',
          item.capabilities.join(',') || '-',
          item.executable ?? '-',
        ]),
      ),
  });
  return 0;
};

function triggerText(trigger: Trigger): string {
  return trigger.type === 'interval' ? `every ${durationText(trigger.everyMs)}` : `event ${trigger.topic}`;
}
