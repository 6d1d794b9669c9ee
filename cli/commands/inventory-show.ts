import { chooseInventoryPlugin } from '../../reconciler/ownership/inventory-plugin.js';
import { emit, listDocument } from '../output/format.js';
import { inventoryDocument, inventoryItem } from '../reports/inventory.js';
import { inventoryListText, inventoryText } from '../text/inventory-text.js';
import type { Command, OutputOptions } from './context.js';
import { openPools, poolOf, sayTrouble } from './ownership-view.js';

/** One row for each pool of which this router is a member; why it is none of the others goes to stderr. */
export const inventoryList: Command<OutputOptions> = async (options, context) => {
  const opened = await openPools(options, context);
  if (!opened.ok) return 1;
  const { pools, situation, known, now } = opened.value;
  const items = pools.map(view => inventoryItem(view, { situation, run: known.run, now }));
  emit(context.io, options.output, {
    document: listDocument('Inventory', items),
    table: () => inventoryListText(items),
  });
  for (const trouble of known.troubles) sayTrouble(trouble, context);
  for (const { scope } of pools) {
    const { enabled, pluginRef } = scope.self.discovery;
    const chosen = chooseInventoryPlugin({ pluginRef, provider: scope.provider }, situation.plugins);
    if (enabled && !chosen.ok) sayTrouble({ pool: scope.pool.name, message: chosen.failure }, context);
  }
  return 0;
};

export interface InventoryShowOptions extends OutputOptions {
  readonly pool: string;
}

export const inventoryShow: Command<InventoryShowOptions> = async (options, context) => {
  const opened = await openPools(options, context);
  if (!opened.ok) return 1;
  const view = poolOf(options.pool, opened.value, context);
  if (view === undefined) return 1;
  const { situation, known, now } = opened.value;
  const facts = { situation, run: known.run, now };
  const document = inventoryDocument(view, facts, options.showSecrets === true);
  emit(context.io, options.output, { document, table: inventoryText });
  return 0;
};
