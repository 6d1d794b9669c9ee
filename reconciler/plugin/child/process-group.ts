import { errnoOf } from '../../../state/errno.js';

/** The groups that are in use. */
const live = new Set<ProcessGroup>();

/**
 * The process group of one child, whose number is the child's pid.
 *
 * Hazard: the number is the group's only as long as the child has not been reaped or another member lives; afterwards
 * the system may give it to strangers. So a group is signalled while its child runs, and after the end of the child
 * only if members were seen in the very moment of that end, and then once, at most a quarter of a second later. Systems
 * hand out numbers in a cycle, so that one which was free for so short a time is not in use again.
 */
export class ProcessGroup {
  readonly #id: number;
  #over = false;

  constructor(id: number) {
    // kill(-1) would reach every process of the user, kill(0) our own group.
    if (!Number.isSafeInteger(id) || id <= 1) throw new Error(`no process group has the number ${id}`);
    this.#id = id;
    live.add(this);
  }

  /** Asks every member to end. */
  terminate(): void {
    this.#send('SIGTERM');
  }

  /** Ends every member; SIGKILL reaches stopped ones too, and a fork under way does not escape it. */
  kill(): void {
    this.#send('SIGKILL');
  }

  /** To be called as soon as the child has been reaped: notes whether any member is left. */
  childEnded(): void {
    this.#send(0);
  }

  /** Ends what is left and never signals this number again. */
  end(): void {
    this.kill();
    this.#over = true;
    live.delete(this);
  }

  #send(signal: 'SIGTERM' | 'SIGKILL' | 0): void {
    if (this.#over) return;
    try {
      process.kill(-this.#id, signal);
    } catch (error) {
      // EPERM: there are members, but none of ours (a set-user-ID program); nothing can be done about them.
      if (errnoOf(error) === 'EPERM') return;
      if (errnoOf(error) !== 'ESRCH') throw error;
      this.#over = true;
      live.delete(this);
    }
  }
}

/**
 * Kills all children and what they have started, at once. Children run in groups of their own, which neither Ctrl-C nor
 * the end of the parent reaches: whoever exits while runs are under way calls this first. Returns the number of groups.
 */
export function killAllChildren(): number {
  const groups = [...live];
  for (const group of groups) group.end();
  return groups.length;
}
