import { mkdirSync, mkdtempSync, openSync, closeSync, fsyncSync, readFileSync, renameSync } from 'node:fs';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { command } from './measure.js';
import type { Subject } from './measure.js';

/** The same work done with the bare tool. Each floor makes its own folder below `scratch`. */
export interface Floors {
  readonly hello: Subject;
  /** A child at the speed of C that prints an answer. */
  readonly child: (program: string) => Subject;
  /** `yaml.parse` of these files. */
  readonly parse: (paths: readonly string[]) => Subject;
  /** Raw plumbing: these files as blobs, a tree, a commit and a ref, synced as git is told to. */
  readonly commit: (contents: () => ReadonlyMap<string, string>) => Subject;
  /** Write, fsync and rename of these files. */
  readonly write: (contents: () => ReadonlyMap<string, string>) => Subject;
  /** readdir and stat of a tree. */
  readonly survey: (dir: string) => Subject;
  readonly remove: () => void;
}

const durable = ['-c', 'core.fsync=objects,derived-metadata,reference', '-c', 'core.fsyncMethod=fsync'];
const person = {
  GIT_AUTHOR_NAME: 'b',
  GIT_AUTHOR_EMAIL: 'b@example.org',
  GIT_COMMITTER_NAME: 'b',
  GIT_COMMITTER_EMAIL: 'b@example.org',
};

export function makeFloors(): Floors {
  const scratch = mkdtempSync(join(tmpdir(), 'routerd-floor-'));
  const helloFile = join(scratch, 'hello.mjs');
  writeFileSync(helloFile, "process.stdout.write('hello\\n');\n");
  const repository = join(scratch, 'repository');
  command('git', ['init', '-q', '-b', 'main', repository]);
  const git = (args: readonly string[], input = '') =>
    command('git', ['-C', repository, ...durable, ...args], { input, env: person });
  let round = 0;

  const write = (contents: ReadonlyMap<string, string>): void => {
    const folders = new Set<string>();
    for (const [name, content] of contents) {
      const path = join(scratch, 'files', name);
      mkdirSync(dirname(path), { recursive: true });
      folders.add(dirname(path));
      writeFileSync(`${path}.new`, content, { flush: true });
      renameSync(`${path}.new`, path);
    }
    for (const folder of folders) {
      const handle = openSync(folder, 'r');
      fsyncSync(handle);
      closeSync(handle);
    }
  };

  return {
    hello: {
      name: 'node ESM hello',
      run: () => {
        command(process.execPath, [helloFile]);
      },
    },
    child: program => ({
      name: 'the plugin alone',
      run: () => {
        command(program, []);
      },
    }),
    parse: paths => ({
      name: 'yaml.parse of the changed files',
      run: () => {
        for (const path of paths) parse(readFileSync(path, 'utf8'));
      },
    }),
    commit: contents => ({
      name: 'git plumbing',
      run: () => {
        round++;
        const lines: string[] = [];
        for (const content of contents().values()) {
          const path = join(scratch, `blob-${lines.length}`);
          writeFileSync(path, `${content}# ${round}\n`);
          lines.push(`${path}\n`);
        }
        const ids = git(['hash-object', '-w', '--no-filters', '--stdin-paths'], lines.join('')).trim();
        const entries = ids.split('\n').map((id, i) => `100644 blob ${id}\tfile-${i}\0`);
        const tree = git(['mktree', '-z'], entries.join('')).trim();
        const commit = git(['commit-tree', tree, '-m', 'floor']).trim();
        git(['update-ref', 'refs/heads/main', commit]);
      },
    }),
    write: contents => ({
      name: 'write, fsync and rename',
      run: () => {
        write(contents());
      },
    }),
    survey: dir => ({
      name: 'readdir and stat',
      run: () => {
        for (const path of readdirSync(dir, { recursive: true, encoding: 'utf8' })) statSync(join(dir, path));
      },
    }),
    remove: () => {
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}
