import { findDaemon } from '../../reconciler/presence.js';

/** Has the daemon on a state directory, if one runs, look now rather than when it wakes up by itself. */
export async function nudgeDaemon(dir: string): Promise<boolean> {
  const daemon = await findDaemon(dir);
  if (daemon === undefined) return false;
  try {
    process.kill(daemon.pid, 'SIGHUP');
    return true;
  } catch {
    // It has ended meanwhile, or is another user's: then it looks when it wakes up.
    return false;
  }
}
