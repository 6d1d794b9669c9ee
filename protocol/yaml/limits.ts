/** What a text that others wrote may hold before reading it is refused. */
export const limits = {
  /** Nesting of maps and lists. Deeper YAML can abort the JavaScript engine itself (yaml 2.9, Node 20). */
  depth: 64,
  /** Scalars and collections in one file. */
  nodes: 500_000,
  /** Scalars and collections that aliases may add to what is written out. */
  aliasNodes: 10_000,
  /** Bytes of a file that an operator wrote. */
  fileBytes: 8 * 1024 * 1024,
  /** Files in a config directory. */
  files: 10_000,
} as const;
