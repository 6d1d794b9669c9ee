import type { Resource, ResourceRef } from '../protocol/resource.js';
import { printListItem } from './canonical-yaml.js';

/** The resources of a canonical file (a Router document or a part), found without reading it as YAML. */
export interface ResourceBlock {
  /** The lines of the list item, as they stand in the file. */
  readonly text: string;
  /** The line that it begins on, from 1. */
  readonly line: number;
}

const indent = '    ';

/** The first lines of a resource, which say its identity; canonical YAML begins every one like this. */
export function blockHeader({ apiVersion, kind, name }: ResourceRef): string {
  const resource: Resource = { apiVersion, kind, metadata: { name } };
  return printListItem(resource, indent);
}

/** As much of that header as is known without the apiVersion. */
export function headerOfKind(kind: string, name: string): string {
  const header = blockHeader({ apiVersion: 'x', kind, name });
  return header.slice(header.indexOf('\n') + 1);
}

/** Blocks by header. An item of a list further in stands further right, and a text's lines do so as well. */
export function resourceBlocks(text: string): Map<string, ResourceBlock> {
  const blocks = new Map<string, ResourceBlock>();
  let item: { line: number; lines: string[] } | undefined;
  const close = (): void => {
    if (item !== undefined) {
      const header = item.lines.slice(0, 4).join('\n');
      blocks.set(`${header}\n`, { text: `${item.lines.join('\n')}\n`, line: item.line });
    }
    item = undefined;
  };
  for (const [index, line] of text.replace(/\n$/, '').split('\n').entries()) {
    if (line.startsWith(`${indent}- `)) {
      close();
      item = { line: index + 1, lines: [line] };
    } else if (line === '' || line.startsWith(`${indent}  `)) item?.lines.push(line);
    else close();
  }
  close();
  return blocks;
}
