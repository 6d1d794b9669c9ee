/**
 * A program that counts up in a state directory: each round takes the lock, recovers, commits the counter with a dozen
 * other files, acknowledges, and projects. Tests kill it. Usage: state-writer DIR ACKS ROUNDS; the number of each
 * acknowledged commit stands in the file ACKS, which is replaced whole.
 */
import { join } from 'node:path';
import { writeAtomic } from '../../state/files.js';
import { acquireLock } from '../../state/lock.js';
import { author, must, noon, storeAt } from './store.js';

const [dir = '', acks = '', rounds = '1'] = process.argv.slice(2);
const acknowledged: number[] = [];

for (let round = 0; round < Number(rounds); round++) {
  const lock = must(
    await acquireLock(join(dir, 'run/lock'), { timeoutMs: 60_000, holder: { command: 'state-writer' } }),
  );
  const store = await storeAt(dir);
  must(await store.recover());
  const parent = await store.head();
  const before =
    parent === null ? '0' : Buffer.from((await store.readTree(parent)).get('counter') ?? []).toString();
  const count = Number(before) + 1;
  const files = new Map([['counter', `${count}`]]);
  for (let i = 0; i < 12; i++) files.set(`parts/part-${i}.yaml`, `count: ${count}\nfile: ${i}\n`);
  const input = { parent, files, message: `count ${count}\n`, author, at: noon, tags: [`gen/${count}`] };
  const { commit } = must(await store.commit(input, lock.lost));
  acknowledged.push(count);
  await writeAtomic(acks, JSON.stringify(acknowledged));
  await store.project(commit, noon);
  await lock.release();
}
