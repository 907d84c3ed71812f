import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'

/** Programs that play a WAV from their standard input, and how they are told to: the first one found is taken. */
const PLAYERS: readonly (readonly [program: string, ...args: string[]])[] = [
  ['paplay', '/dev/stdin'],
  ['aplay', '-q', '-'],
  ['play', '-q', '-t', 'wav', '-'],
  ['ffplay', '-loglevel', 'error', '-nodisp', '-autoexit', '-'],
  ['mpv', '--really-quiet', '--no-video', '-'],
]

/** Resolves when it was heard; false when no program on this machine could play it. */
export async function play(wav: Readable): Promise<boolean> {
  const sound = Buffer.concat(await wav.toArray())
  for (const [program, ...args] of PLAYERS) {
    if (await playWith(program, args, sound)) return true
  }
  return false
}

async function playWith(program: string, args: readonly string[], sound: Buffer): Promise<boolean> {
  const player = spawn(program, args, { stdio: ['pipe', 'ignore', 'ignore'] })
  const ended = new Promise<boolean>((resolve) => {
    player.once('exit', (code) => resolve(code === 0))
    player.once('error', () => resolve(false)) // it is not installed
  })
  player.stdin.end(sound)
  // A player that ends early, or is not there, closes its input: its end says the same.
  await finished(player.stdin).catch(() => undefined)
  return ended
}
