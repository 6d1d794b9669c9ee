import type { Command as Commander } from 'commander';
import type { Command } from './context.js';

export interface CompletionOptions {
  readonly shell: 'bash' | 'zsh' | 'fish';
}

/** A completion script made from the command tree itself, so that it cannot fall behind it. */
export function completion(program: Commander): Command<CompletionOptions> {
  return ({ shell }, { io }) => {
    io.out(scripts[shell](nodesOf(program, [])));
    return Promise.resolve(0);
  };
}

/** A command with the words that may follow it. */
interface Node {
  /** Words that lead to it, `plugin run`; '' for the program. */
  readonly path: string;
  readonly words: readonly { readonly word: string; readonly description: string }[];
}

function nodesOf(command: Commander, path: readonly string[]): Node[] {
  const subcommands = command.commands.map(child => ({
    word: child.name(),
    description: child.description(),
  }));
  const options = command.options
    .filter(option => !option.hidden)
    .map(option => ({ word: option.long ?? option.short ?? '', description: option.description }));
  const choices = command.registeredArguments.flatMap(argument =>
    (argument.argChoices ?? []).map(word => ({ word, description: argument.description })),
  );
  return [
    { path: path.join(' '), words: [...subcommands, ...choices, ...options] },
    ...command.commands.flatMap(child => nodesOf(child, [...path, child.name()])),
  ];
}

const scripts: Readonly<Record<CompletionOptions['shell'], (nodes: readonly Node[]) => string>> = {
  bash,
  zsh,
  fish,
};

/** Finds the longest command in the words typed so far, then offers what may follow it, or files. */
function bash(nodes: readonly Node[]): string {
  const cases = nodes.map(
    ({ path, words }) => `    '${path}') words='${words.map(({ word }) => word).join(' ')}' ;;`,
  );
  return `# bash completion for routerctl; load it with: source <(routerctl completion bash)
_routerctl() {
  local current=\${COMP_WORDS[COMP_CWORD]} path='' next word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    next="\${path:+$path }$word"
    case "$next" in
${knownPaths(nodes, '      ')}
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _routerctl routerctl
`;
}

function knownPaths(nodes: readonly Node[], indent: string): string {
  const paths = nodes.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`);
  return `${indent}${paths.join('|')}) path=$next ;;`;
}

function zsh(nodes: readonly Node[]): string {
  const cases = nodes.map(({ path, words }) => {
    const entries = words.map(
      ({ word, description }) => `      '${word}:${description.replaceAll("'", "'\\''")}'`,
    );
    return `    '${path}') entries=(\n${entries.join('\n')}\n    ) ;;`;
  });
  return `#compdef routerctl
# zsh completion for routerctl; put it as _routerctl into a folder of $fpath
_routerctl() {
  local path_='' next word
  local -a entries
  for word in "\${(@)words[2,CURRENT-1]}"; do
    next="\${path_:+$path_ }$word"
    case "$next" in
${knownPaths(nodes, '      ').replaceAll('path=', 'path_=')}
    esac
  done
  case "$path_" in
${cases.join('\n')}
  esac
  _describe 'routerctl' entries || _files
}
compdef _routerctl routerctl
`;
}

function fish(nodes: readonly Node[]): string {
  const lines = nodes.flatMap(({ path, words }) =>
    words.map(({ word, description }) => {
      const condition = path === '' ? '__fish_use_subcommand' : seen(path, nodes);
      const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`;
      return `complete -c routerctl -n '${condition}' ${what} -d '${description.replaceAll("'", "\\'")}'`;
    }),
  );
  return `# fish completion for routerctl; load it with: routerctl completion fish | source\n${lines.join('\n')}\n`;
}

function seen(path: string, nodes: readonly Node[]): string {
  const conditions = path.split(' ').map(word => `__fish_seen_subcommand_from ${word}`);
  const below = nodes
    .filter(node => node.path.startsWith(`${path} `))
    .map(node => node.path.slice(path.length + 1));
  const none = below.length === 0 ? [] : [`not __fish_seen_subcommand_from ${below.join(' ')}`];
  return [...conditions, ...none].join('; and ');
}
