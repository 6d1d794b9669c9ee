import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { ValueMap } from '../../protocol/resource.js';
import { startDaemon } from '../../reconciler/daemon/daemon.js';
import type { Daemon, DaemonOptions } from '../../reconciler/daemon/daemon.js';
import type { PassReport } from '../../reconciler/report.js';
import { inboxPath, viewState } from '../../reconciler/state-dir.js';
import type { StateView } from '../../reconciler/state-dir.js';
import { encodeEvent } from '../../protocol/event.js';
import { planRuns } from '../../reconciler/plan-runs.js';
import type { PlannedPlugin } from '../../reconciler/plan-runs.js';
import { situationOf } from '../../reconciler/situation.js';
import { loadConfig } from '../../state/config/load.js';
import { drop } from '../../state/inbox.js';
import { addPlugin, configDir, routerFile, writeFiles } from './config-dir.js';
import { DrivenPlugins } from './driven-plugins.js';
import { ManualClock } from './manual-clock.js';
import { must, searchPath, userGit } from './store.js';
import { tempDir } from './temp.js';

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** The triggers and lease of a plugin of a test. */
export interface RigPlugin {
  readonly every?: string;
  readonly topics?: readonly string[];
  readonly timeout?: string;
  readonly ttl?: string | null;
  readonly more?: ValueMap;
}

/** A daemon on real directories and real git, with a clock and plugins that the test drives. */
export class DaemonRig {
  readonly clock = new ManualClock();
  readonly plugins = new DrivenPlugins();
  readonly log: LogLine[] = [];
  /** Of passes that wrote something. */
  readonly reports: PassReport[] = [];
  #daemon: Daemon | undefined;

  private constructor(
    readonly config: string,
    readonly state: string,
  ) {}

  static async create(...resources: ValueMap[]): Promise<DaemonRig> {
    const config = await configDir({ 'router.yaml': routerFile(...resources) });
    return new DaemonRig(config, join(await tempDir(), 'state'));
  }

  async add(name: string, plugin: RigPlugin = {}): Promise<void> {
    const { every, topics = [], timeout = '10s', ttl = '300s', more = {} } = plugin;
    const triggers = [
      ...(every === undefined ? [] : [{ type: 'interval', every }]),
      ...topics.map(topic => ({ type: 'event', topic })),
    ];
    const spec = { timeout, capabilities: ['propose.dynamicConfig'], triggers, ...more };
    await addPlugin(this.config, name, { program: '#!/bin/sh\n', spec, ttl });
  }

  /** Writes files below the config directory and asks for a look, as the watch does. */
  async edit(files: Readonly<Record<string, string>>): Promise<void> {
    await writeFiles(this.config, files);
    await this.look();
  }

  get daemon(): Daemon {
    if (this.#daemon === undefined) throw new Error('the daemon is not started');
    return this.#daemon;
  }

  /** Starts a daemon, and waits until it has done what there is to do. */
  async start(more: Partial<DaemonOptions> = {}): Promise<Daemon> {
    const { config, state, clock } = this;
    const daemon = startDaemon({
      config: { path: config, stateDir: state, schemaFiles: [] },
      state: { path: state, searchPath },
      engineVersion: '0.0.0',
      operator: 'operator',
      clock,
      lockTimeoutMs: 10_000,
      command: 'test',
      log: (level, message, facts = {}) => this.log.push({ level, message, facts }),
      onPass: report => this.reports.push(report),
      startRuns: this.plugins.startRuns,
      ...more,
    });
    this.#daemon = daemon;
    await this.look();
    return daemon;
  }

  async stop(): Promise<void> {
    await this.daemon.stop();
    this.#daemon = undefined;
  }

  async look(): Promise<void> {
    this.daemon.look();
    await this.idle();
  }

  /** Waits until what has happened is dealt with. */
  async idle(): Promise<void> {
    // What ends a run reaches the daemon some promises later.
    for (let turns = 0; turns < 3; turns++) {
      await turn();
      await this.daemon.settled();
    }
  }

  /** Lets time go on, and the daemon deal with every moment of it before the next. */
  async advance(ms: number): Promise<void> {
    await this.idle();
    let left = ms;
    while (this.clock.untilNext <= left) {
      const step = this.clock.untilNext;
      await this.clock.advance(step);
      left -= step;
      await this.idle();
    }
    await this.clock.advance(left);
    await this.idle();
  }

  async view(): Promise<StateView> {
    return must(await viewState({ path: this.state, searchPath }));
  }

  /** Drops an event into the inbox and asks for a look, as the watch does. */
  async publish(id: string, topic: string): Promise<void> {
    const event = { id, topic, time: this.clock.now(), source: 'test', attributes: {} };
    await drop(inboxPath(this.state), `${id}.json`, JSON.stringify(encodeEvent(event)));
    await this.look();
  }

  /** What a pass would do about a plugin at this moment. */
  async planOf(name: string): Promise<PlannedPlugin | undefined> {
    const view = await this.view();
    const location = { path: this.config, stateDir: this.state, schemaFiles: [] };
    const situation = await situationOf(await loadConfig(location), view.head, { now: this.clock.now() });
    return planRuns({ ...view, situation }, this.clock.now()).find(planned => planned.name === name);
  }

  /** A condition of the status, as `status reason`. */
  async condition(type: string): Promise<string> {
    const { conditions } = (await this.view()).status;
    const found = conditions.find(condition => condition.type === type);
    return `${found?.status} ${found?.reason}`;
  }

  /** The routes of the effective-config in force, by name. */
  async routes(): Promise<string[]> {
    const { effective } = (await this.view()).head.snapshot();
    return effective.resources
      .filter(({ kind }) => kind === 'IPv4Route')
      .map(({ metadata }) => metadata.name);
  }

  /** Subjects of the commits, oldest first. */
  subjects(): string[] {
    return userGit(this.state, 'log', '--reverse', '--format=%s').trim().split('\n');
  }

  /** Log lines that a person sees with the usual level. */
  said(): string[] {
    return this.log
      .filter(({ level }) => level !== 'debug')
      .map(({ level, message }) => `${level} ${message}`);
  }
}

/** A status with one route, which proposes it. */
export function proposing(name: string, metric = 1): ValueMap {
  return {
    resources: [
      {
        apiVersion: 'net.routerd.net/v1alpha1',
        kind: 'IPv4Route',
        metadata: { name },
        spec: { destination: '10.9.0.0/16', device: 'eth0', metric },
      },
    ],
  };
}
