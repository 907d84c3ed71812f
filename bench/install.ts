import { execFileSync } from 'node:child_process'

/** What is compared with, into `bench/node_modules`: a dependency of nothing else. */
export function install(): void {
  const command = ['install', '--no-package-lock', '--no-audit', '--silent', '--ignore-scripts']
  execFileSync('npm', command, { cwd: new URL('.', import.meta.url), stdio: 'inherit' })
}
