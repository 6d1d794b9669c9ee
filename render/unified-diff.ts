import { diffArrays, diffLines } from 'diff';
import type { RouterText } from './router-yaml.js';

/** A run of lines that both sides have (' '), or only the old ('-') or only the new one ('+'). Lines end without \n. */
interface Run {
  readonly mark: ' ' | '-' | '+';
  readonly lines: readonly string[];
}

export interface DiffSide {
  /** Stands behind `---` or `+++`. */
  readonly label: string;
  readonly text: RouterText;
}

const context = 3;

/**
 * More differences than this are not searched for the shortest edit: the cost grows with their square (10,000 changed
 * lines took 6.5 s); what exceeds it is printed as removed and added whole.
 */
const searchLimit = 1_000;

/** A unified diff of two Router documents, resource by resource first; empty when they are the same. */
export function unifiedDiff(before: DiffSide, after: DiffSide): string {
  const runs = merged([
    ...textRuns(before.text.header, after.text.header),
    ...blockRuns(before.text, after.text),
  ]);
  if (runs.every(run => run.mark === ' ')) return '';
  return [`--- ${before.label}`, `+++ ${after.label}`, ...hunks(runs)].join('\n') + '\n';
}

/** Aligns resources by identity, so that only the text of those that changed is compared. */
function blockRuns(before: RouterText, after: RouterText): Run[] {
  const old = before.blocks;
  const next = after.blocks;
  const runs: Run[] = [];
  let i = 0;
  let j = 0;
  const both = (count: number): void => {
    for (const end = i + count; i < end; i++, j++)
      runs.push(...textRuns(old[i]?.text ?? '', next[j]?.text ?? ''));
  };
  const onlyOld = (count: number): void => {
    for (const end = i + count; i < end; i++) runs.push({ mark: '-', lines: linesOf(old[i]?.text ?? '') });
  };
  const onlyNew = (count: number): void => {
    for (const end = j + count; j < end; j++) runs.push({ mark: '+', lines: linesOf(next[j]?.text ?? '') });
  };

  const head = commonHead(old, next);
  both(head);
  const tail = commonHead(old.slice(head).reverse(), next.slice(head).reverse());
  const keys = (side: RouterText['blocks']) => side.slice(head, side.length - tail).map(block => block.key);
  const steps = diffArrays(keys(old), keys(next), { maxEditLength: searchLimit }) as KeyStep[] | undefined;
  if (steps === undefined) {
    onlyOld(old.length - head - tail);
    onlyNew(next.length - head - tail);
  }
  for (const step of steps ?? []) {
    if (step.removed) onlyOld(step.value.length);
    else if (step.added) onlyNew(step.value.length);
    else both(step.value.length);
  }
  both(tail);
  return runs;
}

interface KeyStep {
  readonly value: readonly string[];
  readonly added: boolean;
  readonly removed: boolean;
}

function commonHead(a: RouterText['blocks'], b: RouterText['blocks']): number {
  const length = Math.min(a.length, b.length);
  let count = 0;
  while (count < length && a[count]?.key === b[count]?.key) count++;
  return count;
}

function textRuns(before: string, after: string): Run[] {
  if (before === after) return [{ mark: ' ', lines: linesOf(before) }];
  const steps = diffLines(before, after, { maxEditLength: searchLimit }) as LineStep[] | undefined;
  if (steps === undefined) {
    return [
      { mark: '-', lines: linesOf(before) },
      { mark: '+', lines: linesOf(after) },
    ];
  }
  return steps.map(step => ({
    mark: step.removed ? '-' : step.added ? '+' : ' ',
    lines: linesOf(step.value),
  }));
}

interface LineStep {
  readonly value: string;
  readonly added: boolean;
  readonly removed: boolean;
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** Neighbouring runs of one mark as one, and between two kept runs what is removed before what is added. */
function merged(runs: readonly Run[]): Run[] {
  const result: Run[] = [];
  let removed: string[] = [];
  let added: string[] = [];
  const flush = (): void => {
    if (removed.length > 0) result.push({ mark: '-', lines: removed });
    if (added.length > 0) result.push({ mark: '+', lines: added });
    removed = [];
    added = [];
  };
  let kept: string[] = [];
  for (const run of runs) {
    if (run.lines.length === 0) continue;
    if (run.mark === ' ') {
      flush();
      for (const line of run.lines) kept.push(line);
      continue;
    }
    if (kept.length > 0) result.push({ mark: ' ', lines: kept });
    kept = [];
    for (const line of run.lines) (run.mark === '-' ? removed : added).push(line);
  }
  flush();
  if (kept.length > 0) result.push({ mark: ' ', lines: kept });
  return result;
}

function hunks(runs: readonly Run[]): string[] {
  const output: string[] = [];
  let oldLine = 1;
  let newLine = 1;
  let body: string[] = [];
  let start = { old: 1, new: 1 };
  const close = (): void => {
    if (body.length === 0) return;
    const count = (other: string) => body.filter(line => !line.startsWith(other)).length;
    output.push(`@@ -${range(start.old, count('+'))} +${range(start.new, count('-'))} @@`, ...body);
    body = [];
  };
  runs.forEach((run, i) => {
    if (run.mark !== ' ') {
      if (body.length === 0) start = { old: oldLine, new: newLine };
      for (const line of run.lines) body.push(run.mark + line);
      if (run.mark === '-') oldLine += run.lines.length;
      else newLine += run.lines.length;
      return;
    }
    const { lines } = run;
    const after = body.length === 0 ? 0 : Math.min(context, lines.length);
    const before = i === runs.length - 1 ? 0 : Math.min(context, lines.length);
    const joined = body.length > 0 && i < runs.length - 1 && lines.length <= 2 * context;
    const shown = joined ? lines : lines.slice(0, after);
    for (const line of shown) body.push(` ${line}`);
    oldLine += lines.length;
    newLine += lines.length;
    if (joined) return;
    close();
    if (before === 0) return;
    start = { old: oldLine - before, new: newLine - before };
    for (const line of lines.slice(lines.length - before)) body.push(` ${line}`);
  });
  close();
  return output;
}

/** A range of no lines names the line before it (POSIX diff, unified format). */
function range(start: number, count: number): string {
  if (count === 0) return `${start - 1},0`;
  return count === 1 ? String(start) : `${start},${count}`;
}
