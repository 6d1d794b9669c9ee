import { readFileSync } from 'node:fs';

/** Commands of a README, with what it shows of their output. */
export interface ReadmeStep {
  readonly commands: string;
  /** Empty where it shows nothing. */
  readonly shown: string;
}

/** The `sh` blocks of a README in their order, each with the `text` block that comes next, if that is before another. */
export function readmeSteps(path: string): ReadmeStep[] {
  const blocks = [...readFileSync(path, 'utf8').matchAll(/^```(sh|text)\n(.*?)^```$/gms)];
  return blocks.flatMap(([, kind, commands = ''], i) => {
    const next = blocks[i + 1];
    return kind === 'sh' ? [{ commands, shown: next?.[1] === 'text' ? (next[2] ?? '') : '' }] : [];
  });
}

/** Output without what differs from run to run: times, commits, the folder of an error, and the widths of columns. */
export function constantText(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/\b[0-9a-f]{12}\b|^[0-9a-f]{7}(?= )/gm, 'COMMIT')
    .replaceAll(/'\/\S+\/(?=[^/\s]+')/g, "'/…/")
    .replaceAll(/ +/g, ' ')
    .replaceAll(/ $/gm, '');
}
