import { expect } from 'chai';
import fc from 'fast-check';
import { formatOf } from '../../state/program-format.js';
import type { Machine } from '../../state/program-format.js';

const linux: Machine = { platform: 'linux', arch: 'x64' };

describe('formatOf', () => {
  const scripts: readonly (readonly [string, string])[] = [
    ['#!/bin/sh\necho', '/bin/sh'],
    ['#!/bin/sh', '/bin/sh'],
    ['#! \t/bin/sh -eu\n', '/bin/sh'],
    ['#!/usr/bin/env node\n', '/usr/bin/env'],
    ['#!/usr/bin/env\t-S node --no-warnings\n', '/usr/bin/env'],
    ['#!/opt/\u00fc/sh\n', '/opt/\u00fc/sh'],
    [`#!/bin/sh\n${'x'.repeat(1_000)}`, '/bin/sh'],
  ];
  for (const [text, interpreter] of scripts) {
    it(`finds the interpreter of ${JSON.stringify(text.slice(0, 40))}`, () => {
      expect(formatOf(Buffer.from(text), linux)).to.deep.equal({ kind: 'script', interpreter });
    });
  }

  const refused: readonly (readonly [string, string])[] = [
    ['', 'is empty'],
    ['echo hello\n', 'has neither an interpreter line (#!) nor'],
    ['#', 'has neither'],
    [' #!/bin/sh\n', 'has neither'],
    ['#!/bin/sh\r\necho\r\n', 'Windows line endings'],
    ['#!/usr/bin/env bash\r\n', 'Windows line endings'],
    ['\ufeff#!/bin/sh\n', 'byte order mark'],
    ['#!\n/bin/sh', 'names no interpreter'],
    ['#!', 'names no interpreter'],
    ['#!sh\n', 'sh by a relative path'],
    [`#!/${'x'.repeat(300)}\n`, 'more than 255 bytes'],
    ['\u007fELF', 'is cut short'],
  ];
  for (const [text, message] of refused) {
    it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
      const format = formatOf(Buffer.from(text), linux);
      expect(format).to.have.property('kind', 'invalid');
      expect(format).to.have.property('message').that.contains(message);
      expect(format).to.have.property('hint').that.is.not.empty;
    });
  }

  const elf = (machine: number, bigEndian = false) => {
    const bytes = Buffer.alloc(64);
    bytes.write('\u007fELF', 'latin1');
    bytes[5] = bigEndian ? 2 : 1;
    if (bigEndian) bytes.writeUInt16BE(machine, 18);
    else bytes.writeUInt16LE(machine, 18);
    return bytes;
  };
  const natives: readonly (readonly [string, Buffer, Machine, 'native' | 'invalid'])[] = [
    ['x86-64 on x64', elf(62), linux, 'native'],
    ['i386 on x64', elf(3), linux, 'native'],
    ['ARM on x64', elf(183), linux, 'invalid'],
    ['ARM on arm64', elf(183), { platform: 'linux', arch: 'arm64' }, 'native'],
    ['S/390 on s390x', elf(22, true), { platform: 'linux', arch: 's390x' }, 'native'],
    ['anything on a machine nobody described', elf(999), { platform: 'linux', arch: 'new' }, 'native'],
    ['ELF on macOS', elf(62), { platform: 'darwin', arch: 'x64' }, 'invalid'],
    ['Mach-O on Linux', Buffer.from('cffaedfe07000001', 'hex'), linux, 'invalid'],
    [
      'Mach-O on macOS',
      Buffer.from('cffaedfe07000001', 'hex'),
      { platform: 'darwin', arch: 'x64' },
      'native',
    ],
  ];
  for (const [what, bytes, machine, kind] of natives) {
    it(`judges ${what}: ${kind}`, () => {
      expect(formatOf(bytes, machine).kind).to.equal(kind);
    });
  }

  it('has an answer to any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        const format = formatOf(bytes, linux);
        if (format.kind === 'script') expect(format.interpreter).to.match(/^\/[^ \t\n\0]*$/);
      }),
    );
  });
});
