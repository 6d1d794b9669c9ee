#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { logLevels } from '../reconciler/daemon/logger.js';
import type { LogLevel } from '../reconciler/daemon/logger.js';
import { commonOptions, nodeOption } from './common-options.js';
import { keepAwake } from './keep-awake.js';
import { parseListen } from './listen.js';
import type { ListenAddress } from './listen.js';
import { createLog, logFormats } from './output/log.js';
import type { LogFormat } from './output/log.js';
import { sentence } from './sentence.js';
import { serve } from './serve.js';
import { settingsOf } from './settings.js';
import type { CommonOptions } from './settings.js';
import { engineVersion } from './version.js';

interface DaemonCommand extends CommonOptions {
  readonly logFormat: LogFormat;
  readonly logLevel: LogLevel;
  readonly listen?: ListenAddress;
}

process.umask(0o077);
keepAwake();

function listenAddress(text: string): ListenAddress {
  const address = parseListen(text);
  if (address !== undefined) return address;
  throw new InvalidArgumentError('HOST:PORT or unix:/PATH is meant, such as 127.0.0.1:9797.');
}

const program = commonOptions(new Command('routerd'))
  .description(
    'Watches a config directory and its plugins, and commits every change as a generation, until it is stopped.',
  )
  .version(engineVersion(), '--version', 'print the version')
  .addOption(new Option('--log-format <format>', 'how to log').choices(logFormats).default('text'))
  .addOption(new Option('--log-level <level>', 'the least that is logged').choices(logLevels).default('info'))
  .addOption(
    new Option(
      '--listen <address>',
      'serve /metrics, /healthz and /readyz at HOST:PORT or unix:/PATH',
    ).argParser(listenAddress),
  )
  .addOption(nodeOption())
  .exitOverride()
  .action(async (options: DaemonCommand) => {
    const log = createLog({
      format: options.logFormat,
      level: options.logLevel,
      write: line => void process.stderr.write(line),
      now: Date.now,
    });
    const settings = await settingsOf(options, process.env);
    process.exitCode = await serve({
      settings,
      log,
      engineVersion: engineVersion(),
      env: process.env,
      command: 'routerd',
      ...(options.listen === undefined ? {} : { listen: options.listen }),
    });
  });

try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else {
    process.stderr.write(`routerd: ${sentence(error)}\n`);
    process.exitCode = 1;
  }
}
