import { findExecutable } from './executable.ts'
import type { Service } from './service.ts'

const PROGRAMS = [
  ...['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** A browser without a window, for the tests that look at pages as a human would. */
export const chromium: Service = {
  async missingPackages({ CHROMIUM }) {
    return CHROMIUM || (await findExecutable(PROGRAMS)) ? [] : ['chromium']
  },

  async start(_sandbox, { CHROMIUM }) {
    return CHROMIUM ? {} : { CHROMIUM: await findExecutable(PROGRAMS) }
  },
}
