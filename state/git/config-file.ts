/** The values of `.git/config` by `section.key`, both in lower case; the last one of a key counts. */
export type ConfigValues = ReadonlyMap<string, string>;

/**
 * Reads the part of git's configuration syntax (git-config(1)) that our own keys and the format keys of a repository
 * use: plain sections and one value a line. Subsections and includes are passed over, continued lines are not joined.
 */
export function parseConfig(text: string): ConfigValues {
  const values = new Map<string, string>();
  let section: string | undefined;
  for (const line of text.split('\n')) {
    const heading = /^\s*\[\s*([A-Za-z0-9.-]+)\s*("(?:[^"\\]|\\.)*")?\s*\]/.exec(line);
    const rest = heading === null ? line : line.slice(heading[0].length);
    if (heading !== null) section = heading[2] === undefined ? heading[1]?.toLowerCase() : undefined;
    const entry = /^\s*([A-Za-z][A-Za-z0-9-]*)\s*(?:=\s*(.*))?$/.exec(rest);
    if (section === undefined || entry === null) continue;
    const value = entry[2] === undefined ? 'true' : entry[2].replace(/\s*[#;].*$/, '').trim();
    values.set(`${section}.${(entry[1] ?? '').toLowerCase()}`, value.replace(/^"(.*)"$/, '$1'));
  }
  return values;
}
