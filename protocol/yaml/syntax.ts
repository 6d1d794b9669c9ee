import type { ErrorCode } from 'yaml';
import type { Reason } from '../problem.js';

/** What a reader is told about a syntax error: own words, because the library's messages can quote the text they refuse. */
export interface SyntaxAdvice {
  readonly message: string;
  readonly hint?: string;
  /** Default: YamlSyntax. */
  readonly reason?: Reason;
}

/** Said at the quote, bracket or brace that opens what the text ends within. */
export const neverClosed: SyntaxAdvice = {
  message: 'what opens here is never closed',
  hint: 'close the quote, bracket or brace, and mind the indentation of the lines in between',
};

const advice: Partial<Record<ErrorCode, SyntaxAdvice>> = {
  TAB_AS_INDENT: { message: 'a tab is used for indentation', hint: 'indent with spaces' },
  BAD_INDENT: {
    message: 'the indentation does not fit, or a bracket or brace is not closed',
    hint: 'align the entries of a map or list in one column and close every [ and {',
  },
  MISSING_CHAR: {
    message: 'a character is missing here',
    hint: 'close the quote, bracket or brace, or put ": " after the key',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'a map cannot start on the line of another key',
    hint: 'put it on a line of its own, indented, or quote the value if the colon belongs to it',
  },
  BLOCK_IN_FLOW: {
    message: 'a block map or list stands inside [ ] or { }',
    hint: 'write it as [ ] or { } too',
  },
  MULTILINE_IMPLICIT_KEY: { message: 'a key runs over several lines', hint: 'put key and colon on one line' },
  KEY_OVER_1024_CHARS: { message: 'a key is longer than 1,024 characters' },
  BAD_SCALAR_START: {
    message: 'a plain value cannot start with this character',
    hint: 'put the value in quotes',
  },
  BAD_DQ_ESCAPE: {
    message: 'an unknown escape in a double-quoted value',
    hint: 'double the backslash, or use single quotes',
  },
  UNEXPECTED_TOKEN: { message: 'this does not belong here', hint: 'check the line before it as well' },
  NON_STRING_KEY: {
    message: 'a map key must be plain text',
    hint: 'put the key in quotes',
    reason: 'InvalidKey',
  },
  MULTIPLE_DOCS: { message: 'a new document starts without ---' },
};

export function syntaxAdvice(code: ErrorCode): SyntaxAdvice {
  return (
    advice[code] ?? { message: `the text is not YAML here (${code.toLowerCase().replaceAll('_', ' ')})` }
  );
}
