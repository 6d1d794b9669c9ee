import { expect } from 'chai';
import { sha256 } from '../../protocol/digest.js';
import { partDigest } from '../../protocol/part.js';
import type { PartContent } from '../../protocol/part.js';
import type { DueCause } from '../../reconciler/due.js';
import type { RunProposal } from '../../reconciler/settle/parts.js';
import { binding, maskOf, maskPolicy, route, router } from '../rig/build.js';
import { configured, MemoryRepository } from '../rig/memory-repository.js';

const content = (more: Partial<PartContent> = {}): PartContent => ({
  resources: [],
  directives: [],
  actionPlans: [],
  ...more,
});

const proposal = (
  plugin: string,
  given: PartContent,
  lease: { observedAt?: number; expiresAt?: number; cause?: DueCause } = {},
): RunProposal => ({
  plugin,
  cause: lease.cause ?? 'interval',
  proposal: {
    ...given,
    events: [],
    digest: partDigest(given),
    observedAt: lease.observedAt ?? 1_000,
    expiresAt: lease.expiresAt ?? 60_000,
  },
});

const fallback = route('fallback');
const startup = router(route('default'), fallback, binding('x'), maskPolicy('Plugin/x', fallback));
const plugins = [configured('x')];
const claim = content({ resources: [route('claim')], directives: [maskOf(fallback)] });

const trailers = (message: string | undefined, key: string) =>
  (message ?? '')
    .split('\n')
    .filter(line => line.startsWith(`${key}: `))
    .map(line => line.slice(key.length + 2));

describe('settling a pass', () => {
  it('makes generation 1 of an empty configuration', () => {
    const repository = new MemoryRepository();
    const settlement = repository.pass({ startup: router() }, 1_000);
    expect(settlement.generation).to.deep.equal({ current: 0, next: 1 });
    expect(repository.text('effective-config.yaml')).to.contain('resources: []');
    expect(trailers(repository.messages[0], 'Generation')).to.deep.equal(['1']);
    expect(trailers(repository.messages[0], 'Trigger')).to.deep.equal(['config .']);
  });

  it('does it again and changes nothing', () => {
    const repository = new MemoryRepository();
    repository.pass({ startup, plugins, proposals: [proposal('x', claim)] }, 1_000);
    const again = repository.pass({ startup, plugins }, 2_000);
    expect(again.commit).to.equal(undefined);
    expect(again.changes).to.deep.equal([]);
    expect(again.generation).to.deep.equal({ current: 1, next: 1 });
  });

  it('writes what anyone can check with git and sha256sum', () => {
    const repository = new MemoryRepository();
    repository.pass({ startup, plugins, proposals: [proposal('x', claim)] }, 1_000);
    const [message] = repository.messages;
    expect(trailers(message, 'Effective-Config-Hash')).to.deep.equal([
      sha256(repository.text('effective-config.yaml') ?? ''),
    ]);
    expect(trailers(message, 'Startup-Config-Hash')).to.deep.equal([
      sha256(repository.text('startup-config.yaml') ?? ''),
    ]);
    expect(trailers(message, 'Dynamic-Part')).to.deep.equal([`Plugin/x#1 ${partDigest(claim)}`]);
    expect(trailers(message, 'Trigger')).to.deep.equal(['config router.yaml', 'interval x']);
    expect(repository.authors).to.deep.equal(['alice']);
  });

  it('does not commit for a comment that moved lines', () => {
    const repository = new MemoryRepository();
    repository.pass({ startup }, 1_000);
    expect(repository.pass({ startup, firstLine: 12 }, 2_000).commit).to.equal(undefined);
  });

  it('renews without a commit, and the renewed lease counts', () => {
    const repository = new MemoryRepository();
    repository.pass({ startup, plugins, proposals: [proposal('x', claim)] }, 1_000);
    const before = repository.text('parts/Plugin-x.yaml');
    const renewal = repository.pass(
      { startup, plugins, proposals: [proposal('x', claim, { observedAt: 50_000, expiresAt: 110_000 })] },
      50_000,
    );
    expect(renewal.commit).to.equal(undefined);
    expect(renewal.renewed).to.equal(true);
    expect(renewal.outcomes.get('x')?.outcome).to.equal('renewed');
    expect(repository.pass({ startup, plugins }, 109_999).commit).to.equal(undefined);
    expect(repository.text('parts/Plugin-x.yaml')).to.equal(before);
    expect(repository.pass({ startup, plugins }, 110_000).generation.next).to.equal(2);
  });

  it('keeps the lease that a commit used, when run/ is lost', () => {
    const repository = new MemoryRepository();
    repository.pass({ startup, plugins, proposals: [proposal('x', claim)] }, 1_000);
    repository.pass(
      { startup, plugins, proposals: [proposal('x', claim, { observedAt: 50_000, expiresAt: 110_000 })] },
      50_000,
    );
    repository.pass({ startup: router(...startup.resources, route('more')), plugins }, 51_000);
    repository.loseLeases();
    expect(repository.head.parts.map(({ expiresAt }) => expiresAt)).to.deep.equal([110_000]);
  });

  it('ends a part with its lease: the mask lifts, the claim goes, routerd is the author', () => {
    const repository = new MemoryRepository();
    repository.pass({ startup, plugins, proposals: [proposal('x', claim)] }, 1_000);
    const settlement = repository.pass({ startup, plugins }, 60_000);
    expect(settlement.changes.map(({ action, resource }) => `${action} ${resource.name}`)).to.deep.equal([
      'removed claim',
      'unmasked fallback',
    ]);
    expect(settlement.findings.map(({ reason }) => reason)).to.deep.equal(['PartExpired']);
    expect(repository.text('parts/Plugin-x.yaml')).to.equal(undefined);
    expect(trailers(repository.messages[1], 'Trigger')).to.deep.equal(['expiry Plugin/x#1']);
    expect(repository.authors[1]).to.equal('routerd');
    expect(repository.text('effective-config.yaml')).to.equal(repository.text('startup-config.yaml'));
  });

  it('never gives a number twice', () => {
    const repository = new MemoryRepository();
    repository.pass({ startup, plugins, proposals: [proposal('x', claim)] }, 1_000);
    repository.pass({ startup, plugins }, 60_000);
    const third = repository.pass(
      { startup, plugins, proposals: [proposal('x', claim, { observedAt: 61_000, expiresAt: 90_000 })] },
      61_000,
    );
    expect(third.outcomes.get('x')?.part?.generation).to.equal(2);
    expect(repository.authors[2]).to.equal('Plugin/x');
    expect(repository.head.record?.lastPartNumbers).to.deep.equal({ 'Plugin/x': 2 });
  });

  it('takes a result and the end of the part before it in one commit', () => {
    const repository = new MemoryRepository();
    repository.pass({ startup, plugins, proposals: [proposal('x', claim)] }, 1_000);
    const both = repository.pass(
      { startup, plugins, proposals: [proposal('x', claim, { observedAt: 60_000, expiresAt: 90_000 })] },
      60_000,
    );
    expect(both.generation).to.deep.equal({ current: 1, next: 1 });
    expect(trailers(repository.messages[1], 'Generation')).to.deep.equal([]);
    expect(trailers(repository.messages[1], 'Trigger')).to.deep.equal(['interval x', 'expiry Plugin/x#1']);
  });

  const endings: readonly (readonly [string, Parameters<MemoryRepository['pass']>[0]])[] = [
    [
      'its plugin is gone',
      {
        startup: router(...startup.resources.filter(({ kind }) => kind !== 'DynamicConfigSource')),
        plugins: [],
      },
    ],
    [
      'nothing binds it any more',
      { startup: router(...startup.resources.filter(({ kind }) => kind !== 'DynamicConfigSource')), plugins },
    ],
    ['it may no longer propose', { startup, plugins: [configured('x', ['observe.cloud'])] }],
  ];
  for (const [name, input] of endings) {
    it(`ends a part before its lease when ${name}`, () => {
      const repository = new MemoryRepository();
      repository.pass({ startup, plugins, proposals: [proposal('x', claim)] }, 1_000);
      const settlement = repository.pass(input, 2_000);
      expect(settlement.findings.map(({ reason }) => reason)).to.deep.equal(['PartUnbound']);
      expect(trailers(repository.messages[1], 'Trigger')).to.include('unbound Plugin/x');
      expect(repository.head.parts).to.deep.equal([]);
    });
  }

  it('keeps the part of a plugin whose manifest is broken, and the record of that manifest', () => {
    const repository = new MemoryRepository();
    repository.pass({ startup, plugins, proposals: [proposal('x', claim)] }, 1_000);
    const broken = { name: 'x', place: { file: 'plugins/x/plugin.yaml' }, problems: [], manifest: true };
    expect(repository.pass({ startup, plugins: [broken] }, 2_000).commit).to.equal(undefined);
  });

  it('keeps no result that nothing binds', () => {
    const repository = new MemoryRepository();
    const settlement = repository.pass(
      { startup: router(route('a')), plugins, proposals: [proposal('x', claim)] },
      1_000,
    );
    expect(settlement.outcomes.get('x')).to.deep.equal({ outcome: 'notBound' });
    expect(repository.head.parts).to.deep.equal([]);
  });

  it('commits a part that changes nothing in force, without a new generation', () => {
    const repository = new MemoryRepository();
    repository.pass({ startup, plugins }, 500);
    const settlement = repository.pass({ startup, plugins, proposals: [proposal('x', content())] }, 1_000);
    expect(settlement.generation).to.deep.equal({ current: 1, next: 1 });
    expect(repository.messages[1]?.split('\n')[0]).to.equal('parts: Plugin/x#1');
    expect(repository.text('parts/Plugin-x.yaml')).to.contain('generation: 1');
  });

  it('accepts a part that conflicts and sets it aside, as long as the conflict lasts', () => {
    const repository = new MemoryRepository();
    const given = content({ resources: [route('default', { metric: 5 })] });
    const aside = repository.pass({ startup, plugins, proposals: [proposal('x', given)] }, 1_000);
    expect(aside.findings.map(({ reason }) => reason)).to.deep.equal(['ResourceConflict']);
    expect(repository.head.record?.parts.map(({ status }) => status)).to.deep.equal(['setAside']);
    const freed = router(...startup.resources.filter(({ metadata }) => metadata.name !== 'default'));
    const settlement = repository.pass({ startup: freed, plugins }, 2_000);
    expect(settlement.merged.parts.map(({ status }) => status)).to.deep.equal(['active']);
  });

  it('names the files that changed, and those that lost a resource', () => {
    const repository = new MemoryRepository();
    repository.pass({ startup: router(route('a'), route('b')) }, 1_000);
    repository.pass({ startup: router(route('a')) }, 2_000);
    expect(trailers(repository.messages[1], 'Trigger')).to.deep.equal(['config router.yaml']);
  });

  it('records a changed manifest', () => {
    const repository = new MemoryRepository();
    repository.pass({ startup, plugins }, 1_000);
    const settlement = repository.pass(
      { startup, plugins: [configured('x', ['observe.cloud', 'propose.dynamicConfig'])] },
      2_000,
    );
    expect(settlement.generation.next).to.equal(1);
    expect(trailers(repository.messages[1], 'Trigger')).to.deep.equal(['config plugins/x/plugin.yaml']);
  });
});
