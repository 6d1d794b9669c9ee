import { isIgnoredName } from '../protocol/names.js';

/**
 * Names in a config directory that are not watched: those that reading ignores (`.git`, backups of editors), and the
 * folders that package managers and interpreters fill.
 */
export function isUnwatched(name: string): boolean {
  return isIgnoredName(name) || name === 'node_modules' || name === '__pycache__';
}

/**
 * Whether a change of the entry is a reason to look. Kubernetes swaps a mounted volume by renaming a link `..data`
 * that all visible files go through, so two dots at the front do count.
 */
export function isHint(name: string): boolean {
  return !isUnwatched(name) || name.startsWith('..');
}
