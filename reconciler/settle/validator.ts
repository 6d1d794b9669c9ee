import { isError, problemOf } from '../../protocol/problem.js';
import type { Problem } from '../../protocol/problem.js';
import { refOf, refText } from '../../protocol/resource.js';
import type { Router } from '../../protocol/resource.js';
import { routerValue } from '../../protocol/startup.js';
import type { Candidate } from '../../render/merge.js';
import type { Situation } from '../situation.js';

/** What the schemas and value rules find wrong with a candidate. */
export function validator(
  { checker }: Pick<Situation, 'checker'>,
  startup: Router,
): (candidate: Candidate) => Problem[] {
  const envelopeOf = (router: Router) =>
    checker.checkRouter(routerValue(router)).map(problemOf).filter(isError);
  // All candidates have the envelope of the startup-config: it is checked once where nothing looks at the list inside.
  let envelope: Problem[] | undefined;
  return ({ router, added }) => [
    ...added.flatMap(resource =>
      checker
        .checkResource(resource)
        .filter(({ severity }) => severity === 'error')
        .map(issue => ({
          ...problemOf(issue),
          message: `${refText(refOf(resource))}: ${issue.message}`,
          resource: refOf(resource),
        })),
    ),
    ...(checker.countsResources
      ? envelopeOf(router())
      : (envelope ??= envelopeOf({ ...startup, resources: [] }))),
  ];
}
