import type { Command } from 'commander';
import { buildProgram } from '../cli/program.js';
import { reasons } from '../protocol/problem.js';

/** The reference pages that are made from the code itself, by their path; a test holds docs/ to them. */
export function referencePages(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/reasons.md', reasonsPage()],
    ['docs/commands.md', commandsPage()],
  ]);
}

const generated = '<!-- Made by `npm run docs`; edit the code it speaks about instead. -->';

function reasonsPage(): string {
  const rows = Object.entries(reasons).map(([reason, meaning]) => `- \`${reason}\`: ${meaning}`);
  return [
    '# Reasons',
    '',
    generated,
    '',
    'Every problem and finding carries one of these codes as `reason`. The set is closed: codes are added, never changed.',
    '',
    ...rows,
    '',
  ].join('\n');
}

function commandsPage(): string {
  const program = buildProgram({
    context: {
      io: { out: () => undefined, note: () => undefined, colour: { out: false, note: false } },
      env: {},
      clock: () => 0,
      engineVersion: '',
      signal: new AbortController().signal,
      takeSignals: () => undefined,
    },
    finish: () => undefined,
  });
  const sections = program.commands.flatMap(command => sectionsOf(command, ['routerctl']));
  return ['# Commands', '', generated, '', ...sections].join('\n');
}

function sectionsOf(command: Command, path: readonly string[]): string[] {
  const words = [...path, command.name()];
  if (command.commands.length > 0) return command.commands.flatMap(child => sectionsOf(child, words));
  const usage = command.registeredArguments.map(argument => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  const options = command.options
    .filter(({ hidden }) => !hidden)
    .map(({ flags, description }) => `- \`${flags}\`: ${description}`);
  const text = command.description();
  return [
    `## ${words.join(' ')}`,
    '',
    `\`${[...words, ...usage].join(' ')}\` — ${text}.`,
    '',
    ...options,
    ...(options.length > 0 ? [''] : []),
  ];
}
