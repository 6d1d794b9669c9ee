import { partFileName } from '../../protocol/part.js';
import { pathText } from '../../protocol/problem.js';
import { refKey } from '../../protocol/resource.js';
import { oneLine } from '../../protocol/text.js';
import { startupSource } from '../../render/merge.js';
import { blockHeader, resourceBlocks } from '../../render/resource-blocks.js';
import { fileText, statePaths } from '../head.js';
import type { Head } from '../head.js';
import type { Explanation, PartOrigin } from './explanation.js';

/** A command of plain git, and what it shows. */
export interface GitCommand {
  readonly shows: string;
  /** A line for a shell, from any folder. */
  readonly command: string;
}

/** Commands of plain git that find what an explanation says. Only ids, numbers and paths of ours reach them unquoted. */
export function gitCommands(explanation: Explanation, head: Head, dir: string): GitCommand[] {
  const git = `git --no-pager -C ${quoted(dir)}`;
  const key = quoted(refKey(explanation.resource));
  const { generation } = statePaths;
  const { origin, mask, setAside, ending, field } = explanation;
  const commands: GitCommand[] = [];
  const add = (shows: string, command: string) => void commands.push({ shows, command: `${git} ${command}` });

  if (origin?.type === 'startup') {
    add('the file and line it was merged from', `grep -n -F -e ${key} main -- ${generation}`);
    if (origin.changed !== undefined)
      add('the commit that changed it last', `show ${origin.changed.commit} -- ${statePaths.startup}`);
    const lines = linesIn(fileText(head, statePaths.startup), explanation);
    if (lines !== undefined)
      add(
        'each of its lines, with the commit it came with',
        `blame -L ${lines} main -- ${statePaths.startup}`,
      );
  }
  const parts = [...(origin?.type === 'part' ? [origin] : []), ...(mask?.by ?? [])];
  for (const part of parts) addPart(part);
  if (origin?.type === 'part' && origin.changed !== undefined)
    add('the commit that changed it last', `show ${origin.changed.commit} -- ${partPathOf(origin.part)}`);
  if (field?.changed !== undefined) {
    const file = origin?.type === 'part' ? partPathOf(origin.part) : statePaths.startup;
    const where = origin === undefined ? statePaths.effective : file;
    add(
      `the commit that changed ${oneLine(pathText(field.path))} last`,
      `show ${field.changed.commit} -- ${where}`,
    );
  }
  if (mask !== undefined)
    add('what is masked, by whom and until when', `grep -n -A 20 -e '^suppressed:' main -- ${generation}`);
  if (setAside.length > 0)
    add('what was set aside, and why', `grep -n -A 20 -e '^findings:' main -- ${generation}`);
  if (ending !== undefined) {
    const { last, ended, source } = ending;
    add('the commit that ended it, and why', `show ${ended.commit} -- ${statePaths.effective}`);
    add('the last generation that held it', `show --stat ${last.commit}`);
    add('where it came from then', `grep -n -F -e ${key} ${last.commit} -- ${generation}`);
    if (source !== startupSource) add('the part that gave it', `show ${last.commit}:${partPathOf(source)}`);
  }
  return commands;

  function addPart({ part, accepted }: PartOrigin): void {
    if (accepted !== undefined)
      add(`the commit that took ${part} in`, `show ${accepted.commit} -- ${partPathOf(part)}`);
    add(`${part} as it is in force`, `show main:${partPathOf(part)}`);
    add('the leases that the last merge used', `grep -n -A 20 -e '^parts:' main -- ${generation}`);
  }
}

function partPathOf(part: string): string {
  return statePaths.parts + partFileName(part.replace(/#\d+$/, ''));
}

/** `from,to`: the lines of the resource in a Router document. */
function linesIn(text: string | undefined, { resource }: Explanation): string | undefined {
  const block = resourceBlocks(text ?? '').get(blockHeader(resource));
  if (block === undefined) return undefined;
  return `${block.line},${block.line + block.text.split('\n').length - 2}`;
}

/** A word for sh, whatever stands in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
