import { oneLine, printable } from '../protocol/text.js';
import type { Store } from '../state/git/store.js';
import type { StoreFailure } from '../state/git/look.js';
import { numbersOf } from './head.js';
import { commitText, highestOf } from './records/acknowledged.js';
import type { Acknowledged, Numbers } from './records/acknowledged.js';
import { writeAcknowledged } from './state-dir.js';
import type { StateView } from './state-dir.js';

/**
 * Why nobody may write on this HEAD: it was moved by hand since the last commit that was acknowledged. What counts is who
 * committed, not what: HEAD must be that commit, or come after it by commits of routerd alone (which a kill before the
 * acknowledgement leaves). A person's commit may hold a journal or parts that no pass accepted, even where its
 * generation.yaml fits; whoever means it says so with `routerctl adopt`. Costs a process only where HEAD is another commit.
 */
export async function movedByHand({
  store,
  head,
  acknowledged: known,
}: StateView): Promise<StoreFailure | undefined> {
  if (store === undefined || known?.commit === undefined || head.commit === known.commit) return undefined;
  const was = `routerd had acknowledged ${commitText(known.commit, known.generation)}`;
  const place = printable(store.path);
  const refusal = (message: string, back: string): StoreFailure => ({
    kind: 'movedByHand',
    path: store.path,
    message: `${place} ${message}: nothing is written`,
    hint: `${back}; to go on with what is there now: routerctl adopt --state '${place}'`,
  });
  const goBack = `to go back: git -C '${place}' reset --hard ${known.commit}`;
  if (head.commit === undefined) {
    const mend = `${goBack}, or routerctl repair --state '${place}'`;
    return refusal(`has no commit on main any more, and ${was}`, mend);
  }
  const here = commitText(head.commit, head.generation);
  const ancestry = await store.ancestry(known.commit, head.commit);
  if (ancestry === undefined) {
    return refusal(
      `is at ${here}, and ${was}, which is not in the repository`,
      'put back the repository that it was in',
    );
  }
  if (!ancestry.follows) return refusal(`was set back by hand: main is at ${here}, and ${was}`, goBack);
  const stranger = ancestry.added.find(
    ({ committer: { name, email } }) => name !== store.committer.name || email !== store.committer.email,
  );
  if (stranger === undefined) return undefined;
  const who = oneLine(`${stranger.committer.name} <${stranger.committer.email}>`, 100);
  return refusal(
    `holds the commit ${stranger.commit.slice(0, 12)} by ${who}, not by routerd; main is at ${here}, and ${was}`,
    goBack,
  );
}

export interface NewHead {
  readonly commit: string;
  readonly generation: number;
  /** Numbers that this commit gave. */
  readonly numbers: Numbers;
}

/** Records a commit that was made on the HEAD of `view`; to be called after every commit, under the lock. */
export async function acknowledge(view: StateView, store: Store, next: NewHead): Promise<void> {
  const before = view.acknowledged?.tags;
  await writeAcknowledged(store.path, {
    commit: next.commit,
    ...(view.head.commit === undefined ? {} : { parent: view.head.commit }),
    generation: next.generation,
    highest: highestOf(numbersOf(view.head), next.numbers),
    unused: view.acknowledged?.unused ?? 0,
    // The commit has made its own tag, and all others were there before.
    ...(before === undefined ? {} : { tags: await store.tagsMark('gen') }),
  });
}

/** What is acknowledged when HEAD is taken as it is. */
export function asItIs(
  view: StateView,
  { unused, tags }: Pick<Acknowledged, 'unused' | 'tags'>,
): Acknowledged {
  const { head, acknowledged } = view;
  const before = head.commit === acknowledged?.commit ? acknowledged?.parent : undefined;
  return {
    commit: head.commit,
    ...(before === undefined ? {} : { parent: before }),
    generation: head.generation,
    highest: numbersOf(head),
    unused,
    ...(tags === undefined ? {} : { tags }),
  };
}
