import { encodePart, isExpired, partId } from '../../protocol/part.js';
import type { Part } from '../../protocol/part.js';
import { asValue } from '../../protocol/resource.js';
import { formatTime } from '../../protocol/time.js';
import type { Instant } from '../../protocol/time.js';
import { durationText } from '../../protocol/duration.js';
import { printYaml } from '../../render/canonical-yaml.js';
import { printRouter } from '../../render/router-yaml.js';
import { routerValue } from '../../protocol/startup.js';
import { paintDiff } from '../output/colour.js';
import { emit, listDocument, table } from '../output/format.js';
import { partSummary } from '../reports/part-summary.js';
import { routerDiff, shownRouter } from '../reports/plan.js';
import type { Head } from '../../reconciler/head.js';
import type { Command, OutputOptions } from './context.js';
import { shownPart } from './plugin-run.js';
import { openHistory, openView } from './view.js';

interface PartItem extends ReturnType<typeof partSummary> {
  readonly status: 'active' | 'expired' | 'setAside';
  readonly resources: number;
  readonly directives: number;
  readonly actionPlans: number;
}

/** The accepted parts under their leases, as of now; the merge that uses them may lie a moment back. */
export const dynamicList: Command<OutputOptions> = async (options, context) => {
  const view = await openView(options, context);
  if (!view.ok) return 1;
  const { head } = view.value;
  const now = context.clock();
  const items = head.parts.map(part => partItem(part, head, now));
  emit(context.io, options.output, {
    document: listDocument('DynamicPart', items),
    table: () =>
      table(
        ['SOURCE', 'GENERATION', 'STATUS', 'RESOURCES', 'MASKS', 'PLANS', 'LEASE LEFT', 'EXPIRES'],
        items.map((item, i) => [
          item.source,
          String(item.generation),
          item.status,
          String(item.resources),
          String(item.directives),
          String(item.actionPlans),
          leaseLeft(head.parts[i], now),
          item.expiresAt,
        ]),
      ),
  });
  return 0;
};

export interface DescribeOptions extends OutputOptions {
  /** `Plugin/<name>`, or the name alone. */
  readonly source: string;
}

export const dynamicDescribe: Command<DescribeOptions> = async (options, context) => {
  const { io } = context;
  const view = await openView(options, context);
  if (!view.ok) return 1;
  const { head } = view.value;
  const part = head.parts.find(
    ({ source }) => source === options.source || source === `Plugin/${options.source}`,
  );
  if (part === undefined) {
    const known = head.parts.map(({ source }) => source).join(', ');
    io.note(
      `routerctl: there is no part of that source; ${known === '' ? 'there are no parts' : `parts: ${known}`}\n`,
    );
    return 1;
  }
  const item = partItem(part, head, context.clock());
  const whole = encodePart(shownPart(part, options.showSecrets === true));
  emit(io, options.output, {
    document: { kind: 'DynamicPart', ...item, part: whole },
    table: () =>
      `# ${partId(part)}: ${item.status}, lease left: ${leaseLeft(part, context.clock())}\n${printYaml(asValue(whole))}`,
  });
  return 0;
};

function partItem(part: Part, head: Head, now: Instant): PartItem {
  const recorded = head.record?.parts.find(
    ({ source, generation }) => source === part.source && generation === part.generation,
  );
  return {
    ...partSummary(part),
    status: isExpired(part, now) ? 'expired' : recorded?.status === 'setAside' ? 'setAside' : 'active',
    resources: part.resources.length,
    directives: part.directives.length,
    actionPlans: part.actionPlans.length,
  };
}

function leaseLeft(part: Part | undefined, now: Instant): string {
  if (part === undefined) return '-';
  return isExpired(part, now) ? 'over' : durationText(part.expiresAt - now);
}

/** The effective-config in force. Its YAML is that of effective-config.yaml, but for secrets. */
export const dynamicRender: Command<OutputOptions> = async (options, context) => {
  const view = await openHistory(options, context);
  if (!view.ok) return 1;
  const { effective } = view.value.head.snapshot();
  const shown = shownRouter(effective, options.showSecrets === true);
  if (options.output === 'json') {
    emit(context.io, 'json', { document: { ...routerValue(shown), kind: 'Router' }, table: () => '' });
  } else context.io.out(printRouter(shown));
  return 0;
};

/** What the parts make of the startup-config. Exit codes: 0 same, 1 differ, 2 trouble. */
export const dynamicDiff: Command<OutputOptions> = async (options, context) => {
  const { io } = context;
  const view = await openHistory(options, context);
  if (!view.ok) return 2;
  const { head } = view.value;
  const diff = routerDiff(
    { label: 'startup-config.yaml', router: head.startup() ?? { name: '', resources: [] } },
    { label: `effective-config.yaml\tgeneration ${head.generation}`, router: head.snapshot().effective },
    options.showSecrets === true,
  );
  emit(io, options.output, {
    document: {
      kind: 'DynamicDiff',
      generation: head.generation,
      same: diff === '',
      suppressed: head
        .snapshot()
        .suppressed.map(({ maskedUntil, ...rest }) => ({ ...rest, maskedUntil: formatTime(maskedUntil) })),
      diff,
    },
    table: () => paintDiff(io.colour.out, diff),
  });
  return diff === '' ? 0 : 1;
};
