import { annotate } from '../../render/annotate.js';
import { routerText } from '../../render/router-yaml.js';
import { explainStanding, standingRefs } from '../../reconciler/explain/explain.js';
import { annotationsOf } from '../reports/annotations.js';
import { shownRouter } from '../reports/plan.js';
import type { Command, OutputOptions } from './context.js';
import { explainFacts } from './explain.js';

/** The effective-config in force with the origin of each resource as YAML comments, so the same value as without. */
export const dynamicAnnotate: Command<OutputOptions> = async (options, context) => {
  if (options.output === 'json') {
    context.io.note(
      'routerctl: JSON has no comments: use --annotate without -o json, or routerctl explain -o json\n',
    );
    return 1;
  }
  const facts = await explainFacts(options, context);
  if (!facts.ok) return 1;
  const { head } = facts.value;
  const explanations = await explainStanding(facts.value, standingRefs(head));
  const shown = shownRouter(head.snapshot().effective, options.showSecrets === true);
  context.io.out(annotate(routerText(shown), annotationsOf(explanations)));
  return 0;
};
