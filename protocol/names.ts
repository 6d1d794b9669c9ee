/** A resource name: 1–253 characters of `[A-Za-z0-9._:-]`, a letter or digit at both ends, no `..`. */
export function isResourceName(text: string): boolean {
  return (
    text.length <= 253 && /^[A-Za-z0-9](?:[A-Za-z0-9._:-]*[A-Za-z0-9])?$/.test(text) && !text.includes('..')
  );
}

export const resourceNameRule =
  'use 1 to 253 of the characters A-Z a-z 0-9 . _ : - with a letter or digit at both ends and no ".."';

/** A DNS label (RFC 1123): what becomes a file name, such as the name of a plugin, must be one. */
export function isDnsLabel(text: string): boolean {
  return /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(text);
}

export const dnsLabelRule = 'use 1 to 63 of the characters a-z 0-9 - with a letter or digit at both ends';

/** An event topic: 1–8 labels of `[A-Za-z0-9_-]`, joined by dots. */
export function isTopic(text: string): boolean {
  return text.length <= 512 && /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+){0,7}$/.test(text);
}

/** Files and folders that nobody means: dot names, and what editors leave behind (backups, swap files, vim's probe). */
export function isIgnoredName(name: string): boolean {
  return name.startsWith('.') || name.endsWith('~') || name.endsWith('.swp') || name === '4913';
}
