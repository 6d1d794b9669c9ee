import { expect } from 'chai';
import { dirname } from 'node:path';
import { action } from './action-setting.js';
import type { ActionSetting } from './action-setting.js';
import { listing } from './listing.js';
import type { Ended } from './routerctl.js';

/** What `action execute` and `action rollback` print with `-o json`. */
export interface Run {
  readonly kind: string;
  readonly direction: string;
  readonly dryRun: boolean;
  readonly items: readonly {
    readonly id: string;
    readonly outcome: string;
    readonly status: string | null;
    readonly message: string;
    readonly gates?: readonly { readonly gate: string; readonly open: boolean }[];
    readonly answer?: { readonly outcome: string | null };
  }[];
}

/** Runs it, and reads that. */
export async function run(
  here: ActionSetting,
  ...args: string[]
): Promise<Run & { readonly code: number | null }> {
  const { code, json } = await action(here, ...args, '-o', 'json');
  return { ...(json() as Run), code };
}

export function outcomes({ items }: Run): string[] {
  return items.map(({ outcome }) => outcome);
}

/** Names of the closed gates of each action. */
export function closedGates({ items }: Run): string[][] {
  return items.map(({ gates = [] }) => gates.filter(({ open }) => !open).map(({ gate }) => gate));
}

/** A dry-run that is watched: it may change nothing, in the state directory, the config directory, or beside them. */
export async function watched(here: ActionSetting, ...args: string[]): Promise<Ended> {
  const places = [dirname(here.state), dirname(here.config)];
  const before = await Promise.all(places.map(listing));
  const ended = await action(here, ...args);
  expect(await Promise.all(places.map(listing))).to.deep.equal(before);
  return ended;
}

/** An execution window of an hour that opens in so many hours: between 2 and 22, it is closed now. */
export function windowIn(hours: number): string {
  const at = (offset: number) => String((new Date().getUTCHours() + offset) % 24).padStart(2, '0');
  return `${at(hours)}:00-${at(hours + 1)}:00`;
}
