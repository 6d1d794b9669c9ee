import type { Command } from 'commander';
import { nodeOption } from '../common-options.js';
import { common, lockTimeout, run, showSecrets } from './options.js';
import type { Runner } from './options.js';

/** `routerctl inventory …`: what the provider shows on this router's side. */
export function inventoryCommands(inventory: Command, runner: Runner): void {
  common(inventory.command('list'))
    .description('list the mobility pools of this router: last scan, lease, addresses')
    .addOption(nodeOption())
    .action(run(runner, [], async () => (await import('../commands/inventory-show.js')).inventoryList));
  common(inventory.command('show'))
    .description('show the inventory of a pool: what was seen, what of it counts, and what other nodes say')
    .argument('<pool>', 'name of the MobilityPool')
    .addOption(nodeOption())
    .addOption(showSecrets())
    .action(run(runner, ['pool'], async () => (await import('../commands/inventory-show.js')).inventoryShow));
  common(inventory.command('run'))
    .description('ask the inventory plugin of a pool now, and take in its answer and the events that wait')
    .argument('<pool>', 'name of the MobilityPool')
    .option('--dry-run', 'ask the plugin, print what would change, write nothing')
    .addOption(nodeOption())
    .addOption(lockTimeout())
    .action(run(runner, ['pool'], async () => (await import('../commands/inventory-run.js')).inventoryRun));
}

/** `routerctl ownership`: who owns an address, and why. */
export function ownershipCommand(command: Command, runner: Runner): void {
  common(command)
    .description('who owns the addresses of a pool; for one address: every rule, and what it went by')
    .argument('<pool>', 'name of the MobilityPool')
    .argument('[address]', 'one address of the pool')
    .addOption(nodeOption())
    .action(
      run(runner, ['pool', 'address'], async () => (await import('../commands/ownership.js')).ownership),
    );
}
