import type { Part } from '../../protocol/part.js';
import { refOf } from '../../protocol/resource.js';
import type { Resource, Router } from '../../protocol/resource.js';
import { createChecker } from '../../protocol/schema/checker.js';
import type { Instant } from '../../protocol/time.js';
import { decodeHead, fileText, statePaths, unborn } from '../../reconciler/head.js';
import type { Head } from '../../reconciler/head.js';
import type { LeaseRecord } from '../../reconciler/records/leases.js';
import type { RunProposal } from '../../reconciler/settle/parts.js';
import { settle } from '../../reconciler/settle/settle.js';
import type { SettleInput, Settlement } from '../../reconciler/settle/settle.js';
import type { Situation } from '../../reconciler/situation.js';
import { decodeBinding, decodePlugin, isBinding } from '../../protocol/plugin.js';
import { merge } from '../../render/merge.js';
import { printRouter } from '../../render/router-yaml.js';
import type { ConfiguredPlugin } from '../../state/config/manifest.js';

export interface PassInput {
  readonly startup: Router;
  readonly plugins?: readonly ConfiguredPlugin[];
  readonly proposals?: readonly RunProposal[];
  /** Line of the first resource; moving it is what an edited comment does. */
  readonly firstLine?: number;
}

/** The repository that passes write, kept in memory: what is committed is what settle planned, byte for byte. */
export class MemoryRepository {
  head: Head = unborn;
  readonly messages: string[] = [];
  readonly authors: string[] = [];
  #files = new Map<string, Uint8Array>();
  #leases: readonly LeaseRecord[] = [];

  /** One pass; checks afterwards that the commit can be derived again from its own files. */
  pass(input: PassInput, now: Instant): Settlement {
    return this.settle({ situation: situationFor(input), proposals: input.proposals ?? [] }, now);
  }

  /** The same in a situation of the test's own. */
  settle(input: Pick<SettleInput, 'situation' | 'proposals' | 'order'>, now: Instant): Settlement {
    const settlement = settle(
      {
        ...input,
        head: this.head,
        lineage: 'test',
        engineVersion: '0.0.0',
        operator: 'alice',
      },
      now,
    );
    const { commit } = settlement;
    if (commit !== undefined) {
      this.messages.push(commit.message);
      this.authors.push(commit.author);
      this.#files = new Map([...commit.files].map(([path, content]) => [path, Buffer.from(content)]));
    }
    this.#leases = settlement.leases;
    if (this.#files.size > 0) this.head = this.#read();
    if (commit !== undefined) this.#checkReplay();
    return settlement;
  }

  /** Forgets `run/`, as a fresh clone of the repository does. */
  loseLeases(): void {
    this.#leases = [];
    this.head = this.#read();
  }

  text(path: string): string | undefined {
    return fileText(this.head, path);
  }

  #read(): Head {
    const head = decodeHead({ commit: `commit-${this.messages.length}`, files: this.#files }, this.#leases);
    if (head === undefined) throw new Error('what settle planned cannot be read');
    return head;
  }

  /** Merging the commit's own files at its own time gives its effective-config byte for byte. */
  #checkReplay(): void {
    const { head } = this;
    const [startup, record] = [head.startup(), head.record];
    if (startup === undefined || record === undefined)
      throw new Error('a commit holds startup-config and account');
    const parts = head.parts.map((part): Part => {
      const recorded = record.parts.find(
        entry => entry.source === part.source && entry.generation === part.generation,
      );
      if (recorded === undefined) throw new Error(`${part.source} is in no account`);
      return { ...part, observedAt: recorded.observedAt, expiresAt: recorded.expiresAt };
    });
    const replayed = printRouter(merge({ startup, parts, validate: () => [] }, record.mergedAt).effective);
    if (replayed !== fileText(head, statePaths.effective)) throw new Error('HEAD does not replay to itself');
  }
}

function situationFor({ startup, plugins = [], firstLine = 1 }: PassInput): Situation & { startup: Router } {
  return {
    startup,
    fresh: true,
    places: startup.resources.map((resource, i) => ({
      resource: refOf(resource),
      place: { file: 'router.yaml', line: firstLine + i, column: 1 },
    })),
    plugins,
    bindings: new Map(
      startup.resources.filter(isBinding).map(resource => {
        const source = decodeBinding(resource);
        return [source.pluginRef, { resource, source }];
      }),
    ),
    checker: createChecker(),
  };
}

/** A plugin from a manifest that can run. */
export function configured(
  name: string,
  capabilities: readonly string[] = ['propose.dynamicConfig'],
): ConfiguredPlugin {
  const resource: Resource = {
    apiVersion: 'plugin.routerd.net/v1alpha1',
    kind: 'Plugin',
    metadata: { name },
    spec: { capabilities },
  };
  return {
    name,
    place: { file: `plugins/${name}/plugin.yaml`, line: 1, column: 1 },
    resource,
    declaration: decodePlugin(resource),
    executable: { path: '/x', realPath: '/x', digest: 'sha256:00' },
    problems: [],
    manifest: true,
  };
}
