import { CST } from 'yaml';

/**
 * Offsets of the quotes, brackets and braces that nothing closes, in the order of the text. Such a text only fails where
 * it ends, which may be hundreds of lines further down: the reader wants to see where it began.
 */
export function unclosedOpenings(tokens: readonly CST.Token[]): number[] {
  const found: number[] = [];
  for (const token of tokens) {
    if (token.type !== 'document') continue;
    CST.visit(token, ({ key, value }) => {
      for (const part of [key, value]) {
        const opening = part == null ? undefined : unclosedAt(part);
        if (opening !== undefined) found.push(opening);
      }
    });
  }
  return found.sort((a, b) => a - b);
}

const closing: Readonly<Record<string, string>> = { '[': ']', '{': '}' };

function unclosedAt(token: CST.Token): number | undefined {
  if (token.type === 'flow-collection') {
    const { source, offset } = token.start;
    return token.end[0]?.source === closing[source] ? undefined : offset;
  }
  if (token.type !== 'double-quoted-scalar' && token.type !== 'single-quoted-scalar') return undefined;
  const { source, offset } = token;
  return source.length > 1 && source.endsWith(source.charAt(0)) ? undefined : offset;
}
