import { loopbackAddress } from '../network/address.ts'
import type { Stage } from './conformance.ts'
import { createFakeDriver } from './fake.ts'

/** A stage whose instances obey their commands (fake-behaviour.ts) and leave nothing outside of `home`. */
export function fakeStage(home: string): Stage {
  return {
    home,
    driver: () => createFakeDriver(),
    artifact: {
      stack: '/stack',
      layers: [],
      tools: [],
      closure: [],
      env: {},
      processTypes: {},
      size: 0,
    },
    placement: (index, folder) => ({ index, address: loopbackAddress(index), folder, uidBase: 1 }),
    traces: () => [],
    words: {
      runsForever: 'fake print=up',
      exits: (code, after) => `fake exit=${code} after=${after}ms`,
      abortsItself: 'fake signal=SIGABRT',
      usesTooMuchMemory: 'fake oom',
      stopsGracefully: (ms) => `fake print=up graceful=${ms}ms`,
      deaf: 'fake print=up deaf',
      printsLines: (count) => `fake lines=${count} exit=0`,
      printsVariables: (names) => `fake exit=0 ${names.map((name) => `print-env=${name}`).join(' ')}`,
      echoes: 'fake echo',
      printsWindow: 'fake print-window exit=0',
    },
  }
}
