import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import fc from 'fast-check';
import { commitMessage } from '../../render/commit-message.js';
import type { CommitFacts } from '../../render/commit-message.js';

const hashes = { startupConfigHash: 'sha256:aa', effectiveConfigHash: 'sha256:bb' };
const facts = (more: Partial<CommitFacts>): CommitFacts => ({
  causes: [],
  changes: [],
  parts: [],
  ...hashes,
  ...more,
});
const ref = (name: string) => ({ apiVersion: 'net.routerd.net/v1alpha1', kind: 'IPv4Route', name });

describe('commit message', () => {
  it('is the one that DESIGN shows', () => {
    const text = commitMessage(
      facts({
        generation: 45,
        causes: [{ type: 'interval', plugin: 'oci-inventory' }],
        changes: [
          {
            action: 'added',
            resource: {
              apiVersion: 'hybrid.routerd.net/v1alpha1',
              kind: 'RemoteAddressClaim',
              name: 'app-10-0-1-123',
            },
            source: 'Plugin/oci-inventory#12',
            reason: '',
          },
          {
            action: 'masked',
            resource: ref('cloud-app-static-fallback'),
            source: 'Plugin/oci-inventory#12',
            reason: '',
            until: '2026-05-29T12:05:00Z',
          },
        ],
        parts: [{ id: 'Plugin/oci-inventory#12', digest: 'sha256:cc' }],
      }),
    );
    expect(text).to.equal(
      [
        'generation 45: +1 -1 (Plugin/oci-inventory#12)',
        '',
        'added    hybrid.routerd.net/v1alpha1 RemoteAddressClaim app-10-0-1-123   Plugin/oci-inventory#12',
        'masked   net.routerd.net/v1alpha1 IPv4Route cloud-app-static-fallback    Plugin/oci-inventory#12 until 2026-05-29T12:05:00Z',
        '',
        'Generation: 45',
        'Trigger: interval oci-inventory',
        'Startup-Config-Hash: sha256:aa',
        'Effective-Config-Hash: sha256:bb',
        'Dynamic-Part: Plugin/oci-inventory#12 sha256:cc',
        '',
      ].join('\n'),
    );
  });

  it('has no Generation trailer and another subject when the effective-config stays', () => {
    const config = commitMessage(facts({ causes: [{ type: 'config', file: 'a b.yaml' }] }));
    expect(config.split('\n')[0]).to.equal('config: a b.yaml');
    const parts = commitMessage(
      facts({ causes: [{ type: 'expiry', part: 'Plugin/x#1' }], parts: [{ id: 'Plugin/x#1', digest: 'd' }] }),
    );
    expect(parts.split('\n')[0]).to.equal('parts: Plugin/x#1');
    expect(config + parts).not.to.contain('Generation:');
  });

  it('lets nothing from outside add a line, a trailer or a terminal escape', () => {
    const evil = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        'x\n\nGeneration: 99',
        'x\nSigned-off-by: root',
        '\u001b[2J',
        'a\r\nTrigger: y',
        '\u2028Z: 1',
        '\u202e',
      ),
    );
    fc.assert(
      fc.property(evil, evil, evil, (file, name, source) => {
        const text = commitMessage(
          facts({
            generation: 7,
            causes: [{ type: 'config', file }],
            changes: [{ action: 'added', resource: ref(name), source, reason: '' }],
            parts: [{ id: source, digest: 'sha256:dd' }],
          }),
        );
        // eslint-disable-next-line no-control-regex
        expect(text).not.to.match(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202e]/);
        const keys = text
          .trimEnd()
          .split('\n\n')
          .at(-1)
          ?.split('\n')
          .map(line => line.split(':')[0]);
        expect(keys).to.deep.equal([
          'Generation',
          'Trigger',
          'Startup-Config-Hash',
          'Effective-Config-Hash',
          'Dynamic-Part',
        ]);
      }),
    );
  });

  it('reads as trailers for git', () => {
    const text = commitMessage(facts({ generation: 3, causes: [{ type: 'manual', plugin: 'p' }] }));
    const parsed = execFileSync('git', ['interpret-trailers', '--parse'], { input: text, encoding: 'utf8' });
    expect(parsed.trim().split('\n')).to.deep.equal([
      'Generation: 3',
      'Trigger: manual p',
      'Startup-Config-Hash: sha256:aa',
      'Effective-Config-Hash: sha256:bb',
    ]);
  });
});
