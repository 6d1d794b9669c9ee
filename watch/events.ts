/** What a watcher of files says. It never says what a change was: whoever hears of one looks for himself. */
export interface WatchEvents {
  /** Something may have changed. */
  hint(): void;
  /** An entry was made, removed or replaced; where a folder stands there now, nobody may be watching it. */
  replaced(path: string): void;
  /** Something cannot be watched, or no longer. */
  failed(error: unknown): void;
}
