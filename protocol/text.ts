/**
 * Characters that can move a cursor, hide or reorder text: C0 and C1 controls, DEL, line and paragraph separators,
 * zero-width and bidirectional marks, the byte order mark, tags, and halves of surrogate pairs.
 */
const dangerous =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\u{e0000}-\u{e007f}]/gu;

/** Makes text safe for one line of a terminal, log or commit message: what is dangerous is shown as `\uXXXX`. */
export function printable(text: string): string {
  return text.replace(dangerous, escapeUnit);
}

/** The same for text of several lines: line feeds and tabs stay. */
export function printableLines(text: string): string {
  return text.replace(dangerous, found => (found === '\n' || found === '\t' ? found : escapeUnit(found)));
}

function escapeUnit(found: string): string {
  let text = '';
  for (let i = 0; i < found.length; i++) text += `\\u${found.charCodeAt(i).toString(16).padStart(4, '0')}`;
  return text;
}

/** One printable line of at most `limit` characters. */
export function oneLine(text: string, limit = 200): string {
  const line = printable(text.replace(/\s+/g, ' ').trim());
  const characters = Array.from(line);
  return characters.length <= limit ? line : `${characters.slice(0, limit - 1).join('')}…`;
}
