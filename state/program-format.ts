/** How many bytes of a program `formatOf` looks at; Linux reads as many to find the interpreter of a script. */
export const headLength = 256;

/** What the first bytes say. `message` continues a sentence that begins with the path of the file. */
export type ProgramFormat =
  | { readonly kind: 'native' }
  | { readonly kind: 'script'; readonly interpreter: string }
  | { readonly kind: 'invalid'; readonly message: string; readonly hint: string };

/** The machine that is to run it, in the words of `process.platform` and `process.arch`. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
}

/**
 * Tells whether the system itself can start a file. It has to be known beforehand: where the system refuses a file
 * (ENOEXEC), the C library's `execvp`, which Node uses, hands it to `/bin/sh` line by line, a binary too.
 */
export function formatOf(head: Uint8Array, machine: Machine): ProgramFormat {
  const bytes = Buffer.from(head.subarray(0, headLength));
  if (bytes.length === 0) return invalid('is empty', writeScript);
  if (bytes.subarray(0, 2).equals(Buffer.from('#!'))) return scriptFormat(bytes);
  if (bytes.subarray(0, 5).equals(Buffer.from('\ufeff#!')))
    return invalid('begins with a byte order mark', 'save the script as UTF-8 without a byte order mark');
  if (bytes.subarray(0, 4).equals(elfMagic)) return elfFormat(bytes, machine);
  if (machMagics.includes(bytes.subarray(0, 4).toString('hex'))) {
    return machine.platform === 'darwin' ? { kind: 'native' } : otherSystem(machine);
  }
  return invalid('has neither an interpreter line (#!) nor the format of a native program', writeScript);
}

const writeScript = 'begin a script with a line such as #!/bin/sh';

function scriptFormat(bytes: Buffer): ProgramFormat {
  const end = bytes.indexOf('\n');
  if (end === -1 && bytes.length >= headLength) {
    return invalid(
      `has a first line of more than ${headLength - 1} bytes, which systems cut short`,
      'shorten the #! line',
    );
  }
  const line = bytes.toString('utf8', 2, end === -1 ? undefined : end);
  if (line.endsWith('\r')) {
    return invalid(
      'has Windows line endings, so its interpreter would not be found',
      'save it with LF line endings (sed -i "s/\\r$//" FILE)',
    );
  }
  const interpreter = /^[ \t]*([^ \t\0]*)/.exec(line)?.[1] ?? '';
  if (!interpreter.startsWith('/')) {
    return invalid(
      interpreter === ''
        ? 'names no interpreter after #!'
        : `names the interpreter ${interpreter} by a relative path`,
      'name the interpreter by its absolute path, such as #!/bin/sh or #!/usr/bin/env node',
    );
  }
  return { kind: 'script', interpreter };
}

const elfMagic = Buffer.from('7f454c46', 'hex');

/** Mach-O for 32 and 64 bits in both byte orders, and universal binaries (`mach-o/loader.h`, `mach-o/fat.h`). */
const machMagics = ['feedface', 'feedfacf', 'cefaedfe', 'cffaedfe', 'cafebabe', 'cafebabf'];

/** `e_machine` of the ELF header for what a machine can run; 32-bit programs run on their 64-bit kin. */
const elfMachines: Readonly<Record<string, readonly number[]>> = {
  x64: [62, 3],
  ia32: [62, 3],
  arm64: [183, 40],
  arm: [183, 40],
  riscv64: [243],
  ppc64: [21, 20],
  s390x: [22],
  loong64: [258],
  mips: [8],
  mipsel: [8],
};

function elfFormat(bytes: Buffer, machine: Machine): ProgramFormat {
  if (machine.platform === 'darwin') return otherSystem(machine);
  if (bytes.length < 20) return invalid('is cut short', 'install it again');
  const found = bytes[5] === 2 ? bytes.readUInt16BE(18) : bytes.readUInt16LE(18);
  const runnable = elfMachines[machine.arch];
  if (runnable === undefined || runnable.includes(found)) return { kind: 'native' };
  return invalid(
    `is built for another kind of machine (ELF machine ${found})`,
    `install the program for ${machine.platform} on ${machine.arch}`,
  );
}

function otherSystem(machine: Machine): ProgramFormat {
  return invalid(
    'is built for another operating system',
    `install the program for ${machine.platform} on ${machine.arch}`,
  );
}

function invalid(message: string, hint: string): ProgramFormat {
  return { kind: 'invalid', message, hint };
}
