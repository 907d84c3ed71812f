import { findExecutable } from './executable.ts'
import type { Service } from './service.ts'

/** Program, and the Debian package that brings it. */
const TOOLS = { curl: 'curl', mvn: 'maven', javac: 'default-jdk-headless' } as const

/**
 * What the examples in other languages are built and run with. Few people have all of it: their tests are skipped
 * at home where it is missing. In CI they must run.
 */
export const exampleTools: Service = {
  async missingPackages({ CI }) {
    if (!CI) return []
    const found = await Promise.all(
      Object.entries(TOOLS).map(async ([program, debianPackage]) =>
        (await findExecutable([program])) ? [] : [debianPackage],
      ),
    )
    return found.flat()
  },

  async start() {
    return {}
  },
}
