#!/usr/bin/env node
import { engineVersion } from './version.js';

// Answered before the command tree is loaded, as scripts ask for it often.
if (process.argv.length === 3 && process.argv[2] === '--version') {
  process.stdout.write(`${engineVersion()}\n`);
} else {
  const { main } = await import('./main.js');
  await main(process.argv);
}
