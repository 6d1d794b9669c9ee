/**
 * How a scalar is written so that readers of YAML 1.1 and 1.2 agree on it. The patterns follow the two specifications:
 * https://yaml.org/spec/1.2.2/#103-core-schema and https://yaml.org/type/ (bool, int, float, null, timestamp, merge, value).
 */

/** Plain text that either version resolves to something other than a string. */
const resolved = new RegExp(
  [
    '~|null|Null|NULL',
    'true|True|TRUE|false|False|FALSE',
    'y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF',
    '<<|=',
    '[-+]?[0-9][0-9_]*', // decimal and octal (1.1)
    '[-+]?0b[01_]+',
    '[-+]?0o[0-7]+',
    '[-+]?0x[0-9A-Fa-f_]+',
    '[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\\.[0-9_]*)?', // base 60
    '[-+]?[0-9][0-9_]*\\.?[0-9_]*([eE][-+]?[0-9]+)?',
    '[-+]?\\.[0-9_]*([eE][-+]?[0-9]+)?',
    '[-+]?[eE][-+]?[0-9]+', // no number in either version, but some readers of 1.1 take it for one
    '[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)',
    '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt]|[ \\t]).*|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}',
  ]
    .map(pattern => `(?:${pattern})`)
    .join('|')
    .replace(/^/, '^(?:')
    .replace(/$/, ')$'),
  's',
);

/** What the first character of such a text can be. */
const resolvedStart = /^[-+.0-9~entfyo<=]/i;

/** Text that cannot stand plain in block context: indicators at its start, or what would end or split it. */
const structural = /^[,[\]{}#&*!|>'"%@`]|^[-?:](?:\s|$)|^(?:---|\.\.\.)|^\s|\s$|:\s|:$|\s#/;

/** What a plain or block scalar must not hold: controls, line separators, invisible and reordering marks. */
const unprintable = new RegExp(
  [
    '[\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u00a0\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202f\\u2060-\\u206f]',
    '[\\ufe00-\\ufe0f\\ufeff\\ufff0-\\uffff\\u{e0000}-\\u{e0fff}]',
  ].join('|'),
  'u',
);

/** Nothing but printable ASCII, as most text is: found out faster than by the pattern above. */
const ascii = /^[ -~]*$/;

export function scalarText(value: null | boolean | number | string): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number') return numberText(value);
  return isPlain(value) ? value : quoted(value);
}

/** YAML 1.1 takes a float for text when it has an exponent but no point. */
function numberText(value: number): string {
  const text = Object.is(value, -0) ? '0' : String(value);
  return text.includes('e') && !text.includes('.') ? text.replace('e', '.0e') : text;
}

function isPlain(text: string): boolean {
  return (
    text !== '' &&
    !text.includes('\n') &&
    !structural.test(text) &&
    (ascii.test(text) || !unprintable.test(text)) &&
    !(resolvedStart.test(text) && resolved.test(text))
  );
}

const shortEscapes: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  '\\': '\\\\',
};

function quoted(text: string): string {
  let body = '';
  for (const character of text) {
    const short = shortEscapes[character];
    if (short !== undefined) body += short;
    else body += unprintable.test(character) ? escape(character) : character;
  }
  return `"${body}"`;
}

function escape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/**
 * The header of a literal block scalar for a text of several lines, or undefined where a block would need an indentation
 * indicator, would hide blanks at the end, or would hold what cannot be printed.
 */
export function literalHeader(text: string): '|' | '|-' | undefined {
  if (!text.includes('\n') || unprintable.test(text) || /^\s|^[ \t]+$|\n\n$/m.test(text)) return undefined;
  return text.endsWith('\n') ? '|' : '|-';
}
