import { expect } from 'chai';
import fc from 'fast-check';
import { sha256 } from '../../../protocol/digest.js';
import type { Router } from '../../../protocol/resource.js';
import { controlOf } from '../../../reconciler/control/control.js';
import type { StartupOrder } from '../../../reconciler/control/order.js';
import { quarantineInput } from '../../../reconciler/control/rollback.js';
import { situationOf } from '../../../reconciler/situation.js';
import { printRouter } from '../../../render/router-yaml.js';
import { route, router } from '../../rig/build.js';
import { loaded } from '../../rig/loaded.js';
import { MemoryRepository } from '../../rig/memory-repository.js';

const only = (name: string): Router => router(route('always'), route(name));
const configs: readonly [Router, Router, Router] = [only('a'), only('b'), only('c')];
const hashOf = (config: Router): string => sha256(printRouter(config));

/** What happens to a router: the directory is edited, or breaks; somebody rolls back or releases; time goes on. */
const steps = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('edit' as const), to: fc.nat({ max: configs.length - 1 }) }),
    fc.record({ type: fc.constantFrom('break' as const, 'pass', 'release', 'comment') }),
    fc.record({ type: fc.constant('rollback' as const), pick: fc.nat({ max: 9 }) }),
  ),
  { maxLength: 25 },
);

/** A router as its repository and its directory are after some steps. */
class World {
  readonly repository = new MemoryRepository();
  directory: Router | undefined = configs[0];
  now = 1_000;
  /** The startup-configs of the generations, in their order. */
  readonly generations: Router[] = [];

  get inForce(): string | undefined {
    return this.repository.head.record?.startupConfigHash;
  }

  get quarantined(): string[] {
    return controlOf(this.repository.head).quarantine.map(({ digest }) => digest);
  }

  async pass(order?: StartupOrder, permit?: { readonly digest: string }): Promise<void> {
    this.now += 1_000;
    const { repository, now } = this;
    const situation = await situationOf(loaded(this.directory), repository.head, { now, order, permit });
    const { startup } = situation;
    if (startup === undefined) return;
    const settled = repository.settle({ situation: { ...situation, startup }, proposals: [], order }, now);
    if (settled.generation.next > settled.generation.current) this.generations.push(startup);
  }

  rollback(to: number): Promise<void> {
    const startup = this.generations[to - 1];
    if (startup === undefined) return Promise.resolve();
    const accepted = this.inForce;
    return this.pass({
      startup,
      places: [],
      label: 'old',
      cause: { type: 'rollback', generation: to },
      author: 'alice',
      message: '',
      control: (control, facts) =>
        quarantineInput(control, facts, { by: 'alice', cause: `rollback ${to}`, message: '', accepted }),
    });
  }
}

describe('the laws of rollback and quarantine', () => {
  it('what is in force is never what is quarantined, and a pass alone puts only what the directory holds in force', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async given => {
        const world = new World();
        await world.pass();
        for (const step of given) {
          const before = { inForce: world.inForce, quarantined: world.quarantined };
          switch (step.type) {
            case 'edit':
              world.directory = configs[step.to];
              break;
            case 'break':
              world.directory = undefined;
              break;
            case 'comment':
              world.directory = world.directory && { ...world.directory };
              break;
            case 'rollback': {
              const to = (step.pick % Math.max(world.generations.length, 1)) + 1;
              await world.rollback(to);
              const target = world.generations[to - 1];
              expect(world.inForce, 'what was rolled back to is in force').to.equal(target && hashOf(target));
              break;
            }
            case 'release': {
              const [digest] = world.quarantined;
              await world.pass(undefined, digest === undefined ? undefined : { digest });
              break;
            }
            case 'pass': {
              await world.pass();
              const held = world.directory && hashOf(world.directory);
              const expected =
                held === undefined || before.quarantined.includes(held) ? before.inForce : held;
              expect(world.inForce, 'after a pass of its own').to.equal(expected);
              break;
            }
          }
          expect(world.quarantined, 'what is in force is not quarantined').not.to.include(world.inForce);
          expect(new Set(world.quarantined).size, 'nothing stands there twice').to.equal(
            world.quarantined.length,
          );
        }
        const commits = world.repository.messages.length;
        await world.pass();
        await world.pass();
        const settled = world.repository.messages.length;
        await world.pass();
        expect(world.repository.messages.length, 'nothing goes on by itself').to.equal(settled);
        expect(settled - commits, 'one pass takes in all there is').to.be.at.most(1);
      }),
      { numRuns: 150 },
    );
  }).timeout(60_000);

  it('an edit after a rollback is taken, the same text again is not', async () => {
    const world = new World();
    await world.pass();
    const [first, second, third] = configs;
    world.directory = second;
    await world.pass();
    await world.rollback(1);
    for (let ticks = 0; ticks < 3; ticks++) await world.pass();
    expect(world.inForce).to.equal(hashOf(first));
    expect(world.repository.messages).to.have.length(3);
    world.directory = third;
    await world.pass();
    expect(world.inForce).to.equal(hashOf(third));
    expect(world.quarantined).to.deep.equal([]);
  });
});
