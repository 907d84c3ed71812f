import { type Service, secondsSince } from './service.ts'

/** In seconds. */
export interface AtOnce {
  /** One text with nobody else there. */
  readonly one: number
  /** Until each of them was finished, in that order. */
  readonly each: readonly number[]
  /** Of all of them. */
  readonly sound: number
}

/** Whoever speaks a text, and says how long the sound became. */
export type Speak = (text: string) => Promise<number>

/** Texts that begin differently, at the same time. The first of all is not counted: engines are loaded with it. */
export async function measureAtOnce(speak: Speak, text: string, count: number): Promise<AtOnce> {
  await Promise.all(Array.from({ length: count }, (_, at) => speak(`Warming up, ${at}.`)))
  const alone = performance.now()
  await speak(`One. ${text}`)
  const one = secondsSince(alone)
  const began = performance.now()
  const ends = await Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const sound = await speak(`Number ${at}. ${text}`)
      return { sound, after: secondsSince(began) }
    }),
  )
  return {
    one,
    each: ends.map(({ after }) => after).sort((a, b) => a - b),
    sound: ends.reduce((sum, { sound }) => sum + sound, 0),
  }
}

/** All but the first sentence of each is the same, so it should have no cache. */
export function measureServiceAtOnce(service: Service, text: string, count: number): Promise<AtOnce> {
  const speak = async (each: string) => {
    const uuid = await service.ask(each)
    await service.ended(uuid)
    return service.seconds(uuid)
  }
  return measureAtOnce(speak, text, count)
}
