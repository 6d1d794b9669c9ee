import type { Place, Problem } from '../../protocol/problem.js';
import { sortProblems } from '../../protocol/problem.js';
import type { ResourceRef, Router } from '../../protocol/resource.js';
import { assembleStartup } from '../../protocol/startup.js';
import type { Instant } from '../../protocol/time.js';
import { ownFileBounds, readYaml } from '../../protocol/yaml/read.js';
import { SourceText } from '../../protocol/yaml/source-text.js';
import type { Cause } from '../../render/commit-message.js';
import { printRouter } from '../../render/router-yaml.js';
import { checkAsWhole } from '../../state/config/load.js';
import type { LoadedConfig } from '../../state/config/load.js';
import type { ConfiguredPlugin } from '../../state/config/manifest.js';
import type { StateView } from '../state-dir.js';
import type { Control, ControlFacts } from './control.js';

/**
 * Puts a startup-config in force that is not the one of the config directory: that of an older generation, or one that
 * was held. One commit takes it and the change of the control files.
 */
export interface StartupOrder {
  readonly startup: Router;
  /** Where its resources stood; what is in force tells its origins by them. */
  readonly places: readonly { readonly resource: ResourceRef; readonly place: Place }[];
  /** What the startup-config is called where it has problems, such as `startup-config.yaml of generation 3`. */
  readonly label: string;
  readonly cause: Cause;
  readonly author: string;
  /** Whether it is put in force as it was, whatever the rules of today say about it. */
  readonly isTrusted?: boolean;
  /** Why, in words, for the body of the commit; '' for nothing. */
  readonly message: string;
  /** From what stands after the pass, to what is to stand. */
  readonly control: (control: Control, facts: ControlFacts) => Control;
}

/** Asked in every attempt on what is there then; undefined makes an ordinary pass of it. */
export type OrderSource = (facts: {
  readonly view: StateView;
  readonly config: LoadedConfig;
  readonly now: Instant;
}) => Promise<StartupOrder | undefined>;

/** What is wrong with the startup-config of an order by the schemas, plugins and rules of today, with places in its canonical text. */
export function orderProblems(
  { startup, label }: Pick<StartupOrder, 'startup' | 'label'>,
  { checker }: Pick<LoadedConfig, 'checker'>,
  plugins: readonly ConfiguredPlugin[],
): Problem[] {
  const text = new SourceText(label, printRouter(startup));
  const { documents } = readYaml(text, { allowAliases: false, bounds: ownFileBounds });
  const { resources, problems } = assembleStartup(documents, checker);
  return sortProblems([...problems, ...checkAsWhole(resources, plugins)]);
}
