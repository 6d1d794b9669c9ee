import { keepAwake } from '../../cli/keep-awake.js';
import { removeTempDirs } from './temp.js';

keepAwake();

const clean = { ...Object.getOwnPropertyDescriptors(Object.prototype) };

/** Root hooks: every test starts from no temporary directory and leaves Object.prototype as it was. */
export const mochaHooks = {
  async afterEach(): Promise<void> {
    await removeTempDirs();
    for (const key of Reflect.ownKeys(Object.prototype)) {
      if (!Object.hasOwn(clean, key)) throw new Error(`Object.prototype was given ${String(key)}`);
    }
  },
};
