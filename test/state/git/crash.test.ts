import { expect } from 'chai';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Store } from '../../../state/git/store.js';
import { acquireLock } from '../../../state/lock.js';
import { fakeGit } from '../../rig/fake-git.js';
import { until } from '../../rig/processes.js';
import { must, noon, searchPath, storeAt, userGit } from '../../rig/store.js';
import { tempDir } from '../../rig/temp.js';

const program = join(import.meta.dirname, '../../rig/state-writer.js');

/** The moment of a kill is what these tests vary; nothing is awaited this way. */
function randomMoment(withinMs: number): Promise<void> {
  return delay(Math.random() * withinMs);
}

describe('writers that are killed', () => {
  let top = '';
  let dir = '';
  let acks = '';
  beforeEach(async () => {
    top = await tempDir();
    dir = join(top, 'state');
    acks = join(top, 'acks.json');
  });

  function startWriter(rounds: number, path = searchPath, file = acks): ChildProcess {
    return spawn(process.execPath, [program, dir, file, `${rounds}`], {
      env: { PATH: path },
      stdio: ['ignore', 'ignore', 'inherit'],
      detached: true,
    });
  }

  async function endOf(child: ChildProcess): Promise<number | string> {
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    return code ?? signal ?? 'no code';
  }

  /**
   * What a start after a crash does, and what must then be true: every acknowledged count is in the history, which has
   * each count once and in order; the repository is sound, the visible files are HEAD's. Returns the last count.
   */
  async function recoverAndCheck(): Promise<number> {
    const lock = must(
      await acquireLock(join(dir, 'run/lock'), { timeoutMs: 20_000, holder: { command: 'check' } }),
    );
    const store = await storeAt(dir);
    must(await store.recover());
    const head = await store.head();
    const counts = (await store.commits())
      .map(record => Number(record.message.replace('count ', '')))
      .reverse();
    expect(counts).to.deep.equal(counts.map((_, i) => i + 1));
    expect(counts.length).to.be.at.least(await lastAcknowledged());
    if (head !== null) await checkVisible(store, head, counts.length);
    expect(await store.check()).to.deep.equal([]);
    expect(await readdir(join(dir, '.git'))).to.not.include('routerd');
    await lock.release();
    return counts.length;
  }

  async function checkVisible(store: Store, head: string, count: number): Promise<void> {
    expect(await store.project(head, noon)).to.deep.equal({ drifted: [], strays: [] });
    expect(userGit(dir, 'status', '--porcelain', '--untracked-files=all')).to.equal('');
    expect(await readFile(join(dir, 'counter'), 'utf8')).to.equal(`${count}`);
    for (const [path, content] of await store.readTree(head)) {
      expect(await readFile(join(dir, path)), path).to.deep.equal(content);
    }
  }

  async function lastAcknowledged(): Promise<number> {
    const text = await readFile(acks, 'utf8').catch(() => '[]');
    return (JSON.parse(text) as number[]).at(-1) ?? 0;
  }

  const kills: Record<string, string> = {
    'the writer after git has run': '"$git" "$@" > /dev/null; kill -9 $PPID; exit 1',
    'both in the middle': 'exec 3<&0; "$git" "$@" <&3 > /dev/null & kill -9 $PPID $!; exit 1',
    'the writer, while git goes on': 'kill -9 $PPID; "$git" "$@" > /dev/null; exit 0',
  };
  for (const [what, script] of Object.entries(kills)) {
    it(`lose nothing at any git call: ${what}`, async () => {
      const base = join(top, 'base');
      expect(await endOf(startWriter(1))).to.equal(0);
      await cp(dir, base, { recursive: true });
      for (let n = 1; ; n++) {
        dir = join(top, `state-${n}`);
        acks = join(top, `acks-${n}.json`);
        const calls = join(top, `calls-${n}`);
        await mkdir(calls);
        await cp(base, dir, { recursive: true });
        // A folder can be made only once, so each call gets a number of its own.
        const number = `n=1; while ! mkdir ${calls}/$n 2> /dev/null; do n=$((n + 1)); done`;
        const path = await fakeGit(top, `${number}\n[ $n = ${n} ] && { ${script}; }`);
        const end = await endOf(startWriter(1, path));
        const count = await recoverAndCheck();
        if (end === 0) {
          expect(count).to.equal(2);
          expect(n).to.be.greaterThan(8);
          break;
        }
        expect(end, `call ${n}`).to.equal('SIGKILL');
      }
    });
  }

  for (const group of [false, true]) {
    it(`lose nothing at any moment: ${group ? 'the group with git' : 'node alone'}`, async () => {
      let count = 0;
      for (let kill = 0; kill < 6; kill++) {
        const child = startWriter(1_000);
        const before = await lastAcknowledged();
        const ended = endOf(child);
        if (kill > 0) await until('it has written', async () => (await lastAcknowledged()) !== before);
        await randomMoment(100);
        process.kill(group ? -(child.pid ?? 0) : (child.pid ?? 0), 'SIGKILL');
        await ended;
        const next = await recoverAndCheck();
        expect(next).to.be.at.least(count);
        count = next;
      }
      expect(count).to.be.greaterThan(0);
      expect(await endOf(startWriter(1))).to.equal(0);
      expect(await recoverAndCheck()).to.equal(count + 1);
    });
  }

  it('leave a git behind whose late commit counts, once', async () => {
    const [reached, go] = [join(top, 'reached'), join(top, 'go')];
    // It has read all that it is to do, and its output goes nowhere: the pipes to a writer who is gone are of no use.
    const input = join(top, 'input');
    const late = `while [ ! -e ${go} ]; do sleep 0.02; done; "$git" "$@" < ${input} > /dev/null; exit`;
    const wait = `is update-ref && { cat > ${input}; : > ${reached}; ${late}; }`;
    const child = startWriter(1, await fakeGit(top, wait));
    const ended = endOf(child);
    await until('git is about to move the ref', async () => (await readdir(top)).includes('reached'));
    child.kill('SIGKILL');
    await ended;
    const store = await storeAt(dir);
    const busy = await store.recover({ waitMs: 50 });
    if (!busy.ok) expect(busy.failure.kind).to.equal('busy');
    await writeFile(go, '');
    expect(await recoverAndCheck()).to.be.oneOf(process.platform === 'linux' ? [1] : [0, 1]);
    expect(await endOf(startWriter(1))).to.equal(0);
    expect(await recoverAndCheck()).to.equal(2);
  });

  it('lose nothing side by side', async () => {
    const files = ['one', 'two', 'three'].map(name => join(top, name));
    const ends = await Promise.all(files.map(file => endOf(startWriter(4, searchPath, file))));
    expect(ends).to.deep.equal([0, 0, 0]);
    const counted: number[] = [];
    for (const file of files) counted.push(...(JSON.parse(await readFile(file, 'utf8')) as number[]));
    expect(counted.sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(await recoverAndCheck()).to.equal(12);
  });

  it('leave nothing that a later creation cannot use', async () => {
    for (let kill = 0; kill < 6; kill++) {
      dir = join(top, `fresh-${kill}`);
      acks = join(top, `fresh-${kill}.json`);
      const child = startWriter(1);
      const ended = endOf(child);
      await until('it has begun', async () => (await readdir(join(dir, 'run')).catch(() => [])).length > 0);
      await randomMoment(30);
      child.kill('SIGKILL');
      await ended;
      const before = await recoverAndCheck();
      expect(await endOf(startWriter(1))).to.equal(0);
      expect(await recoverAndCheck()).to.equal(before + 1);
      expect((await readdir(dir)).sort()).to.deep.equal(['.git', 'counter', 'parts', 'run']);
    }
  });
});
