import { Option } from 'commander';
import type { Command } from 'commander';
import { actionStates } from '../../reconciler/action/action.js';
import { providers } from '../../reconciler/action/executor.js';
import { common, lockTimeout, positiveInteger, run, showSecrets } from './options.js';
import type { Runner } from './options.js';

/** `routerctl action …`: the way of a plan from its import to its execution, and back. */
export function actionCommands(action: Command, runner: Runner): void {
  common(action.command('import'))
    .description('take the action plans of the live parts into the journal, and void those that are gone')
    .option('--dry-run', 'print what would be imported, write nothing')
    .addOption(lockTimeout())
    .addOption(showSecrets())
    .action(run(runner, [], async () => (await import('../commands/action-import.js')).actionImport));
  common(action.command('list'))
    .description('list the actions, newest activity first')
    .addOption(new Option('--status <state>', 'only those in this state').choices(actionStates))
    .addOption(new Option('--provider <provider>', 'only those of this provider').choices(providers))
    .addOption(showSecrets())
    .action(run(runner, [], async () => (await import('../commands/action-show.js')).actionList));
  common(action.command('show'))
    .description('show an action: its plan, the gates as they stand now, and all that happened to it')
    .argument('<id>', 'id of the action')
    .addOption(showSecrets())
    .action(run(runner, ['id'], async () => (await import('../commands/action-show.js')).actionShow));

  common(action.command('approve'))
    .description('approve actions as they stand now, for the executor as it is now')
    .argument('<id...>', 'ids of the actions')
    .option('--by <name>', 'who approves (default: the operator behind sudo, or the user)')
    .addOption(message('why'))
    .addOption(lockTimeout())
    .action(run(runner, ['ids'], async () => (await import('../commands/action-operate.js')).actionApprove));
  common(action.command('reject'))
    .description('void actions that are pending or approved')
    .argument('<id...>', 'ids of the actions')
    .addOption(message('why').makeOptionMandatory())
    .addOption(lockTimeout())
    .action(run(runner, ['ids'], async () => (await import('../commands/action-operate.js')).actionReject));
  common(action.command('retry'))
    .description('make actions pending again that have failed or were skipped')
    .argument('<id...>', 'ids of the actions')
    .addOption(message('why'))
    .addOption(lockTimeout())
    .action(run(runner, ['ids'], async () => (await import('../commands/action-operate.js')).actionRetry));
  common(action.command('resolve'))
    .description('settle an action of which nobody knows whether it, or its undo, has taken place')
    .argument('<id>', 'id of the action')
    .addOption(new Option('--succeeded', 'it has taken place').conflicts(['failed', 'look']))
    .addOption(new Option('--failed', 'it has not').conflicts(['look']))
    .option('--look', 'have its executor look')
    .addOption(message('how that is known; needed but with --look'))
    .addOption(lockTimeout())
    .action(run(runner, ['id'], async () => (await import('../commands/action-operate.js')).actionResolve));

  executing(common(action.command('execute')))
    .description('execute actions; exit 0 all succeeded, 2 some refused or skipped, 1 one failed or unknown')
    .argument('[id...]', 'ids of the actions (default: all that are approved, or need no approval)')
    .action(run(runner, ['ids'], async () => (await import('../commands/action-execute.js')).actionExecute));
  executing(common(action.command('rollback')))
    .description('take an action back that has succeeded; exit codes as those of execute')
    .argument('<id>', 'id of the action')
    .action(run(runner, ['id'], async () => (await import('../commands/action-execute.js')).actionRollback));

  common(action.command('journal'))
    .description('tell every step of all actions, oldest first, with its commit')
    .argument('[id]', 'only those of this action')
    .option('--limit <n>', 'at most this many, the newest', positiveInteger)
    .addOption(showSecrets())
    .action(run(runner, ['id'], async () => (await import('../commands/action-journal.js')).actionJournal));
}

function executing(command: Command): Command {
  return command
    .addOption(
      new Option('--dry-run', 'judge the gates and have the executor say what it would do').conflicts([
        'approved',
        'waitWindow',
      ]),
    )
    .option('--approved', 'start the executor wherever every gate is open')
    .option('--wait-window', 'wait for the execution window where it alone is closed')
    .addOption(message('why'))
    .addOption(lockTimeout())
    .addOption(showSecrets());
}

function message(what: string): Option {
  return new Option('-m, --message <why>', what);
}
