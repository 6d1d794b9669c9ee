import type { Problem } from '../../protocol/problem.js';
import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import type { Value } from '../../protocol/resource.js';
import { readJson } from '../../protocol/yaml/json.js';
import { readYaml } from '../../protocol/yaml/read.js';
import { decodeText } from '../../protocol/yaml/source-text.js';

/**
 * Reads what a plugin printed: one YAML document, of which JSON is a subset. JSON is tried first because it is what
 * most plugins print. `file` stands for stdout in the places of problems.
 */
export function readOutput(file: string, stdout: Uint8Array): Result<Value, readonly Problem[]> {
  const text = decodeText(file, stdout, { allowByteOrderMark: true });
  if (!text.ok) return fail([invalid(text.failure)]);
  const json = readJson(text.value.text);
  if (json.ok) return json;
  const { documents, problems } = readYaml(text.value, { allowAliases: false });
  if (problems.length > 0) return fail(problems.map(invalid));
  const [document, another] = documents;
  if (document === undefined) {
    return fail([
      {
        reason: 'OutputEmpty',
        severity: 'error',
        message: 'the plugin printed nothing',
        hint: 'print one PluginResult',
      },
    ]);
  }
  if (another !== undefined) {
    return fail([
      {
        reason: 'OutputInvalid',
        severity: 'error',
        message: 'the plugin printed more than one document',
        hint: 'print one PluginResult and nothing else on stdout',
        place: another.place([]),
      },
    ]);
  }
  return ok(document.value);
}

function invalid(problem: Problem): Problem {
  return { ...problem, reason: 'OutputInvalid', message: `the output cannot be read: ${problem.message}` };
}
