/**
 * Names in a config directory that are not watched: dot files and dot folders (`.git`), what editors leave behind
 * (backups, swap files, vim's probe), and the folders that package managers and interpreters fill.
 */
export function isUnwatched(name: string): boolean {
  return (
    name.startsWith('.') ||
    name.endsWith('~') ||
    name.endsWith('.swp') ||
    name === '4913' ||
    name === 'node_modules' ||
    name === '__pycache__'
  );
}

/**
 * Whether a change of the entry is a reason to look. Kubernetes swaps a mounted volume by renaming a link `..data`
 * that all visible files go through, so two dots at the front do count.
 */
export function isHint(name: string): boolean {
  return !isUnwatched(name) || name.startsWith('..');
}
