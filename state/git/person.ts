/** Who stands in a commit. */
export interface Person {
  readonly name: string;
  readonly email: string;
}

/**
 * Why git would not write this as it is: it drops control characters and `<>`, and the punctuation at both
 * ends, and refuses what is then empty, or would let a line feed begin another header.
 */
export function personProblem(person: Person): string | undefined {
  for (const text of [person.name, person.email]) {
    // eslint-disable-next-line no-control-regex
    if (/[\u0000-\u001f\u007f<>]|\p{Surrogate}/u.test(text)) return 'it holds control characters, < or >';
    if (!/[\p{L}\p{N}]/u.test(text)) return 'it holds no letter or digit';
  }
  return undefined;
}
