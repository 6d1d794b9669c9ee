import { expect } from 'chai';
import { decodeExchange, encodeExchange } from '../../reconciler/replay/exchange.js';
import type { Exchange } from '../../reconciler/replay/exchange.js';
import { noon } from '../rig/store.js';

const exchange: Exchange = {
  plugin: 'p',
  startedAt: noon,
  why: 'never ran',
  part: 'Plugin/p#1',
  executable: 'sha256:00',
  request: { kind: 'PluginRequest', spec: { now: '2026-05-29T12:00:00Z', z: 1, a: [null] } },
  resultDigest: 'sha256:01',
};

describe('a kept exchange', () => {
  it('reads back as it was, its request byte for byte', () => {
    for (const kept of [exchange, { ...exchange, result: { status: {} } }]) {
      const read = decodeExchange(encodeExchange(kept));
      expect(read).to.deep.equal(kept);
      expect(JSON.stringify(read?.request)).to.equal(JSON.stringify(kept.request));
    }
  });

  it('is nothing where it is torn or something else', () => {
    const text = encodeExchange(exchange);
    for (let length = 0; length < text.length - 1; length++) {
      expect(decodeExchange(text.slice(0, length))).to.equal(undefined);
    }
    for (const other of ['null', '[]', '{}', '{"kind":"Exchange"}', '{"kind":"Other","request":{}}']) {
      expect(decodeExchange(other)).to.equal(undefined);
    }
  });
});
